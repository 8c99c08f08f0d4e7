import { Alert, Button, Checkbox, Code, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useState } from "react";
import type { KeyRequest, NewKey } from "~/client";
import { CopyButton } from "~/components/CopyButton";
import { FormProblem } from "~/components/FormProblem";
import { useProblemForm } from "~/lib/problemForm";
import { useUser } from "~/lib/user";
import { useMakeKey } from "../api/keys";
import { SCOPES, type Scope, scopesFor } from "../scopes";

const DAY = 24 * 60 * 60;
const LIVES = [
  { value: String(30 * DAY), label: "30 days" },
  { value: String(90 * DAY), label: "90 days" },
  { value: String(365 * DAY), label: "1 year" },
  { value: "", label: "Until it is revoked" },
];

interface Props {
  isOpen: boolean;
  onClose: () => void;
}

/** A key is described, made, and shown this one time: by accident that is not closed. */
export function NewKeyDialog({ isOpen, onClose }: Props) {
  const [made, setMade] = useState<NewKey>();
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      onExitTransitionEnd={() => setMade(undefined)}
      title={made === undefined ? "Make an API key" : `Your key “${made.name}”`}
      closeOnClickOutside={made === undefined}
      closeOnEscape={made === undefined}
      withCloseButton={made === undefined}
    >
      {made === undefined ? <NewKeyForm onMade={setMade} /> : <ShownOnce made={made} onClose={onClose} />}
    </Modal>
  );
}

interface Described extends Record<string, unknown> {
  name: string;
  scopes: Scope[];
  /** Seconds, as the list of choices has them; "" for ever. */
  expires_in: string;
}

function NewKeyForm({ onMade }: { onMade: (key: NewKey) => void }) {
  const { role } = useUser();
  const makeKey = useMakeKey();
  const initialValues: Described = { name: "", scopes: ["images:read"], expires_in: LIVES[1]?.value ?? "" };
  const { form, problem, isSending, onSubmit } = useProblemForm<Described>(
    { initialValues, validate: { scopes: ({ length }) => (length === 0 ? "Choose at least one." : null) } },
    async (described) => onMade(await makeKey(requestOf(described))),
  );
  return (
    <form onSubmit={onSubmit}>
      <Stack>
        <FormProblem problem={problem} />
        <TextInput
          label="Name"
          description="For yourself, to tell your keys apart."
          inputWrapperOrder={["label", "input", "error", "description"]}
          placeholder="Backup of the studio"
          autoComplete="off"
          required
          withAsterisk={false}
          maxLength={100}
          data-autofocus
          key={form.key("name")}
          {...form.getInputProps("name")}
        />
        <Checkbox.Group label="What it may do" key={form.key("scopes")} {...form.getInputProps("scopes")}>
          <Stack gap="sm" mt={6}>
            {scopesFor(role).map((scope) => (
              <Checkbox key={scope} value={scope} label={SCOPES[scope].label} description={SCOPES[scope].allows} />
            ))}
          </Stack>
        </Checkbox.Group>
        <Select
          label="How long it lives"
          data={LIVES}
          allowDeselect={false}
          key={form.key("expires_in")}
          {...form.getInputProps("expires_in")}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={isSending}>
            Make the key
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function requestOf({ name, scopes, expires_in: seconds }: Described): KeyRequest {
  return { name, scopes, expires_in: seconds === "" ? null : Number(seconds) };
}

function ShownOnce({ made, onClose }: { made: NewKey; onClose: () => void }) {
  return (
    <Stack>
      <Alert variant="light" icon={<IconKey />} role="status">
        Copy it now: it is shown this one time, and kept nowhere in clear.
      </Alert>
      <Code block style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>
        {made.key}
      </Code>
      <Text size="sm" c="dimmed">
        A program sends it as <Code>Authorization: Bearer</Code> and the key.
      </Text>
      <Group justify="flex-end">
        <CopyButton value={made.key} what="the key" size="sm" data-autofocus />
        <Button onClick={onClose}>Done</Button>
      </Group>
    </Stack>
  );
}
