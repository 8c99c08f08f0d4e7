import { Button, Group, Input, SimpleGrid, Stack, Switch, Text, TextInput, UnstyledButton } from "@mantine/core";
import { PLACES, PLACE_NAMES, type Place, WATERMARK, type Watermark } from "../model/edit";
import { Amount } from "./Amount";
import { ColorField } from "./ColorField";
import classes from "./WatermarkPanel.module.css";
import type { PanelProps } from "./panel";

export function WatermarkPanel({ edit, change }: PanelProps) {
  const mark = edit.watermark ?? WATERMARK;
  const set = (part: Partial<Watermark>, label = "Watermark") =>
    change(label, (before) => ({ ...before, watermark: { ...(before.watermark ?? WATERMARK), ...part } }));
  const isThere = mark.image !== null || mark.text.trim() !== "";
  return (
    <Stack gap="md">
      {mark.image === null ? (
        <TextInput
          label="Text"
          size="sm"
          placeholder="© your name"
          maxLength={200}
          value={mark.text}
          onChange={({ currentTarget }) => set({ text: currentTarget.value }, "Watermark text")}
        />
      ) : (
        <Text size="sm">The preset lays an image over the picture.</Text>
      )}
      {isThere && (
        <>
          <Switch
            label="All over the picture"
            checked={mark.isTiled}
            onChange={({ currentTarget }) => set({ isTiled: currentTarget.checked })}
          />
          {!mark.isTiled && <PlaceField value={mark.place} onChange={(place) => set({ place }, "Watermark place")} />}
          <Amount
            label="Opacity"
            least={5}
            most={100}
            step={5}
            unit="%"
            value={Math.round(mark.opacity * 100)}
            onChange={(percent) => set({ opacity: percent / 100 }, "Watermark opacity")}
          />
          <Amount
            label="Width"
            least={5}
            most={100}
            step={1}
            unit="%"
            value={Math.round(mark.scale * 100)}
            onChange={(percent) => set({ scale: percent / 100 }, "Watermark width")}
          />
          {!mark.isTiled && mark.place !== "center" && (
            <Amount
              label="Distance from the edge"
              least={0}
              most={300}
              step={1}
              unit="px"
              value={mark.margin}
              onChange={(margin) => set({ margin }, "Watermark place")}
            />
          )}
          <Amount
            label="Angle"
            least={-90}
            most={90}
            step={1}
            unit="°"
            value={mark.rotate}
            onChange={(rotate) => set({ rotate }, "Watermark angle")}
          />
          {mark.image === null && (
            <ColorField label="Text colour" value={mark.color} onChange={(color) => set({ color })} />
          )}
          <Group>
            <Button
              size="xs"
              variant="default"
              onClick={() => change("Remove the watermark", (before) => ({ ...before, watermark: null }))}
            >
              Remove the watermark
            </Button>
          </Group>
        </>
      )}
    </Stack>
  );
}

function PlaceField({ value, onChange }: { value: Place; onChange: (place: Place) => void }) {
  return (
    <Input.Wrapper label="Place" labelElement="div">
      <SimpleGrid cols={3} spacing={4} verticalSpacing={4} w={108} mt={4} role="group" aria-label="Place">
        {PLACES.map((place) => (
          <UnstyledButton
            key={place}
            className={classes.place}
            aria-label={PLACE_NAMES[place]}
            aria-pressed={place === value}
            onClick={() => onChange(place)}
          />
        ))}
      </SimpleGrid>
    </Input.Wrapper>
  );
}
