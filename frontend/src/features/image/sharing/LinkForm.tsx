import { Button, Group, NumberInput, Select, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { Link } from "~/client";
import { CopyButton } from "~/components/CopyButton";
import { FormProblem } from "~/components/FormProblem";
import { PasswordField } from "~/components/PasswordField";
import { useProblemForm } from "~/lib/problemForm";
import { useMakeLink } from "./links";
import { CUSTOM, ENDINGS, type LinkValues, requestOf, untilError } from "./linkRequest";

const NOTHING: LinkValues = { expires_in: ENDINGS[1].value, until: "", password: "", max_views: "" };

/** Makes a link, which shows the image to whoever has it. */
export function LinkForm({ imageId }: { imageId: string }) {
  const make = useMakeLink(imageId);
  const [made, setMade] = useState<Link>();
  const { form, problem, isSending, onSubmit } = useProblemForm<LinkValues>(
    { mode: "controlled", initialValues: NOTHING, validate: { until: (_until, values) => untilError(values) } },
    async (values) => {
      setMade(await make(requestOf(values)));
    },
  );
  const { reset } = form;
  useEffect(() => {
    if (made !== undefined) reset();
  }, [made, reset]);
  return (
    <form onSubmit={onSubmit} noValidate aria-label="New share link">
      <Stack gap="sm">
        <div>
          <Title order={3} size="h6">
            Share by a link
          </Title>
          <Text size="sm" c="dimmed" mt={4}>
            A link shows this image without an account, also while it is private. Every link ends.
          </Text>
        </div>
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          <Select
            label="Ends after"
            allowDeselect={false}
            data={[...ENDINGS]}
            comboboxProps={{ withinPortal: true }}
            {...form.getInputProps("expires_in")}
          />
          {form.values.expires_in === CUSTOM && (
            <TextInput type="datetime-local" label="Ends at" {...form.getInputProps("until")} />
          )}
          <PasswordField
            label="Password"
            description="Left empty, none is asked for"
            autoComplete="off"
            maxLength={128}
            inputWrapperOrder={["label", "input", "description", "error"]}
            {...form.getInputProps("password")}
          />
          <NumberInput
            label="Most views"
            description="Left empty, there is no bound"
            min={1}
            max={1_000_000}
            allowDecimal={false}
            inputWrapperOrder={["label", "input", "description", "error"]}
            {...form.getInputProps("max_views")}
          />
        </SimpleGrid>
        <FormProblem problem={problem} />
        <Group>
          <Button type="submit" loading={isSending}>
            Make a link
          </Button>
        </Group>
        <div aria-live="polite">{made !== undefined && <Made link={made} />}</div>
      </Stack>
    </form>
  );
}

function Made({ link }: { link: Link }) {
  const field = useRef<HTMLInputElement>(null);
  // The button that was pressed has lost the focus while the link was made; here it is of use.
  useEffect(() => field.current?.focus(), [link.id]);
  return (
    <Stack gap={4}>
      <Group gap="xs" align="flex-end" wrap="nowrap">
        <TextInput
          ref={field}
          label="The new link"
          readOnly
          value={link.url}
          flex={1}
          onFocus={(event) => event.currentTarget.select()}
        />
        <CopyButton value={link.url} what="new link" size="sm" variant="filled" />
      </Group>
      {link.has_password && (
        <Text size="xs" c="dimmed">
          Its password is shown nowhere again: tell it to those who get the link.
        </Text>
      )}
    </Stack>
  );
}
