import { Alert, Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useRef } from "react";
import { type Image, uploadImage } from "~/client";
import { newIdempotencyKey } from "~/lib/idempotency";
import { useProblemForm } from "~/lib/problemForm";

interface Props {
  onClose: () => void;
  onFetched: (image: Image, name: string) => void;
}

/** The server fetches a picture; what it does not like about the address stands beside it. */
export function AddressDialog({ onClose, onFetched }: Props) {
  // What was asked for is fetched once, also where the answer was lost and it is asked for again.
  const attempt = useRef({ url: "", key: "" });
  const { form, problem, isSending, onSubmit } = useProblemForm({ initialValues: { url: "" } }, async (values) => {
    const url = values.url.trim();
    if (attempt.current.url !== url) attempt.current = { url, key: newIdempotencyKey() };
    const { data } = await uploadImage({ body: { url }, headers: { "Idempotency-Key": attempt.current.key } });
    onFetched(data, data.file_name || url);
    onClose();
  });
  return (
    <Modal opened onClose={onClose} title="Upload from an address">
      <form onSubmit={onSubmit}>
        <Stack>
          {problem !== undefined && (
            <Alert color="red" variant="light" role="alert">
              {problem}
            </Alert>
          )}
          <TextInput
            key={form.key("url")}
            {...form.getInputProps("url")}
            data-autofocus
            required
            type="url"
            label="Address of the picture"
            description="Aizen fetches it itself, so it must be reachable without signing in."
            placeholder="https://"
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={isSending}>
              Fetch
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
