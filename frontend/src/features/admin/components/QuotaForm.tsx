import { Alert, Button, Group, NumberInput, Radio, Stack } from "@mantine/core";
import type { KnownUser } from "~/client";
import { bytes } from "~/lib/format";
import { useProblemForm } from "~/lib/problemForm";
import { told } from "~/lib/told";
import { useAdministration } from "../api/changes";
import { quotaOf } from "../quota";

const GIGABYTE = 1e9;

/** How much the user may keep. */
export function QuotaForm({ user }: { user: KnownUser }) {
  const { editUser } = useAdministration();
  const { form, problem, isSending, onSubmit } = useProblemForm(
    {
      mode: "controlled",
      initialValues: {
        bound: user.storage_quota === null ? "settings" : "own",
        storage_quota: user.storage_quota === null ? "" : String(user.storage_quota / GIGABYTE),
      },
      validate: {
        storage_quota: (value, { bound }) =>
          bound === "own" && quotaOf(value) === undefined ? "Give a number of gigabytes, or 0 for none at all." : null,
      },
    },
    async ({ bound, storage_quota: gigabytes }) => {
      const quota = bound === "own" ? (quotaOf(gigabytes) ?? null) : null;
      await editUser(user.id, { storage_quota: quota });
      told.done(
        quota === null ? `${user.email} may keep what the settings say.` : `${user.email} may keep ${bytes(quota)}.`,
      );
    },
  );
  const hasOwn = form.values.bound === "own";
  return (
    <form onSubmit={onSubmit} noValidate>
      <Stack gap="sm">
        <Radio.Group label="Storage quota" {...form.getInputProps("bound")}>
          <Stack gap={8} mt={6}>
            <Radio value="settings" label="As the settings say" />
            <Radio value="own" label="Of their own" />
          </Stack>
        </Radio.Group>
        {hasOwn && (
          <NumberInput
            label="Gigabytes"
            description={`0 is none at all: no uploads. ${bytes(user.storage_used)} are in use; nothing is deleted.`}
            min={0}
            suffix=" GB"
            {...form.getInputProps("storage_quota")}
            onChange={(value) => form.setFieldValue("storage_quota", String(value))}
          />
        )}
        {problem && (
          <Alert color="red" variant="light" role="alert">
            {problem}
          </Alert>
        )}
        <Group>
          <Button type="submit" size="xs" variant="default" loading={isSending} disabled={!form.isDirty()}>
            Save the quota
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
