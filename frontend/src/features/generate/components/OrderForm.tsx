import {
  Alert,
  Button,
  Collapse,
  Group,
  Kbd,
  NumberInput,
  Select,
  Stack,
  TagsInput,
  Text,
  TextInput,
  Textarea,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAlertTriangle, IconChevronDown, IconChevronUp, IconSparkles } from "@tabler/icons-react";
import { type RefObject, useImperativeHandle, useMemo, useRef, useState } from "react";
import type { GenerationLimits } from "~/client";
import { count, plural } from "~/lib/format";
import { useProblemForm } from "~/lib/problemForm";
import { useShortcuts } from "~/lib/shortcuts";
import { type Former, useOrder } from "../api/orders";
import { type Wish, emptyWish, lengthOf, promptProblem, sideProblem } from "../wish";
import { SeedField } from "./SeedField";
import { SizeField } from "./SizeField";

/** What the page does with the form from outside. */
export interface OrderFormHandle {
  write: (prompt: string) => void;
}

interface Props {
  limits: GenerationLimits;
  former: Former | undefined;
  handle?: RefObject<OrderFormHandle | null>;
}

/** What is to be painted, and how. After an order it stays as it is: the next one is often nearly the same. */
export function OrderForm({ limits, former, handle }: Props) {
  const order = useOrder();
  const element = useRef<HTMLFormElement>(null);
  const prompt = useRef<HTMLTextAreaElement>(null);
  const [drawnSeed, setDrawnSeed] = useState<number>();
  const [isMoreShown, more] = useDisclosure(false);
  const { form, problem, isSending, onSubmit } = useProblemForm<Wish>(
    {
      mode: "controlled",
      initialValues: former?.wish ?? emptyWish(limits),
      validate: {
        prompt: (value) => promptProblem(value, limits),
        negative_prompt: (value) =>
          lengthOf(value) > limits.prompt_characters
            ? `May have at most ${limits.prompt_characters} characters.`
            : null,
        width: (value) => sideProblem(value, limits),
        height: (value) => sideProblem(value, limits),
        seed: (value, { isSeedKept }) => (isSeedKept && value === "" ? "Write a number, or let it be random." : null),
      },
    },
    async (wish) => {
      const { generation } = await order(wish, former);
      // There to be kept, for whoever wants this one again with other words.
      setDrawnSeed(generation?.seed);
    },
  );
  useImperativeHandle(handle, () => ({
    write: (text) => {
      form.setFieldValue("prompt", text);
      prompt.current?.focus();
    },
  }));
  useShortcuts(
    useMemo(
      () => [
        {
          keys: "mod+Enter",
          does: "Generate the picture",
          inFields: true,
          run: () => element.current?.requestSubmit(),
        },
      ],
      [],
    ),
  );
  const { values, errors } = form;

  return (
    <form ref={element} onSubmit={onSubmit} aria-label="What to generate" noValidate>
      <Stack gap="md">
        <PromptField limits={limits} value={values.prompt} inputProps={form.getInputProps("prompt")} ref={prompt} />
        <Textarea
          label="Leave out"
          description="What is not to be seen, for models that heed it"
          autosize
          minRows={1}
          maxRows={5}
          {...form.getInputProps("negative_prompt")}
        />
        <SizeField
          limits={limits}
          width={{ value: values.width, error: errors["width"] }}
          height={{ value: values.height, error: errors["height"] }}
          onChange={({ width, height }) => {
            form.setFieldValue("width", width);
            form.setFieldValue("height", height);
          }}
        />
        <SeedField
          isKept={values.isSeedKept}
          seed={values.seed}
          largest={limits.largest_seed}
          error={errors["seed"]}
          onKept={(isKept) => {
            form.setFieldValue("isSeedKept", isKept);
            if (isKept && drawnSeed !== undefined) form.setFieldValue("seed", drawnSeed);
          }}
          onSeed={(seed) => form.setFieldValue("seed", seed)}
        />
        {limits.models.length > 1 && (
          <Select
            label="Model"
            data={limits.models}
            placeholder={limits.models[0]}
            clearable
            error={errors["model"]}
            value={values.model || null}
            onChange={(model: string | null) => form.setFieldValue("model", model ?? "")}
          />
        )}
        <div>
          <Button
            variant="subtle"
            size="compact-sm"
            color="gray"
            onClick={more.toggle}
            aria-expanded={isMoreShown}
            rightSection={
              isMoreShown ? <IconChevronUp size={14} aria-hidden /> : <IconChevronDown size={14} aria-hidden />
            }
          >
            More
          </Button>
          <Collapse expanded={isMoreShown || ["steps", "title", "tags"].some((name) => name in errors)}>
            <Stack gap="md" pt="xs">
              <NumberInput
                label="Steps"
                description="How often the model goes over it"
                placeholder={former?.wish.steps ? `${former.wish.steps}, as before` : "The model’s own number"}
                min={1}
                max={limits.most_steps}
                allowDecimal={false}
                clampBehavior="none"
                {...form.getInputProps("steps")}
              />
              <TextInput label="Title" {...form.getInputProps("title")} />
              <TagsInput label="Tags" placeholder="Enter after each" {...form.getInputProps("tags")} />
            </Stack>
          </Collapse>
        </div>
        {problem && (
          <Alert color="red" variant="light" icon={<IconAlertTriangle />} role="alert">
            {problem}
          </Alert>
        )}
        <Group justify="space-between" gap="xs">
          <Button type="submit" loading={isSending} leftSection={<IconSparkles size={16} aria-hidden />}>
            {former ? "Generate the remix" : "Generate"}
          </Button>
          <Text size="xs" c="dimmed" visibleFrom="sm">
            <Kbd size="xs">{MODIFIER}</Kbd> + <Kbd size="xs">Enter</Kbd>
          </Text>
        </Group>
        {limits.per_day !== null && (
          <Text size="xs" c="dimmed">
            Up to {plural(limits.per_day, "picture")} a day. An order counts whatever comes of it.
          </Text>
        )}
      </Stack>
    </form>
  );
}

const MODIFIER = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘" : "Ctrl";

interface PromptProps {
  limits: GenerationLimits;
  value: string;
  inputProps: ReturnType<ReturnType<typeof useProblemForm<Wish>>["form"]["getInputProps"]>;
  ref: RefObject<HTMLTextAreaElement | null>;
}

function PromptField({ limits, value, inputProps, ref }: PromptProps) {
  const length = lengthOf(value);
  return (
    <div>
      <Textarea
        label="Prompt"
        placeholder="What the picture is to show"
        required
        withAsterisk={false}
        autosize
        minRows={4}
        maxRows={12}
        dir="auto"
        aria-describedby="prompt-count"
        {...inputProps}
        ref={ref}
      />
      <Text
        id="prompt-count"
        size="xs"
        ta="right"
        mt={4}
        c={length > limits.prompt_characters ? "var(--mantine-color-error)" : "dimmed"}
      >
        {count(length)} of {count(limits.prompt_characters)} characters
      </Text>
    </div>
  );
}
