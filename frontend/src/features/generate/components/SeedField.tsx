import { Group, Input, NumberInput, SegmentedControl } from "@mantine/core";

interface Props {
  isKept: boolean;
  seed: number | string;
  largest: number;
  error: React.ReactNode;
  onKept: (isKept: boolean) => void;
  onSeed: (seed: number | string) => void;
}

/** Another seed for each picture, or the same one again: then only what else is changed changes the picture. */
export function SeedField({ isKept, seed, largest, error, onKept, onSeed }: Props) {
  return (
    <div>
      <Input.Label id="seed">Seed</Input.Label>
      <Group gap="xs" align="flex-start" wrap="nowrap">
        <SegmentedControl
          aria-labelledby="seed"
          value={isKept ? "keep" : "random"}
          onChange={(value) => onKept(value === "keep")}
          data={[
            { value: "random", label: "Random" },
            { value: "keep", label: "Keep" },
          ]}
        />
        {isKept && (
          <NumberInput
            flex={1}
            aria-label="Number of the seed"
            placeholder="A number"
            min={0}
            max={largest}
            allowDecimal={false}
            allowNegative={false}
            clampBehavior="none"
            hideControls
            value={seed}
            onChange={onSeed}
            error={error}
          />
        )}
      </Group>
      <Input.Description mt={4}>
        {isKept ? "The same words and seed are meant to give the same picture." : "Each order gives another picture."}
      </Input.Description>
    </div>
  );
}
