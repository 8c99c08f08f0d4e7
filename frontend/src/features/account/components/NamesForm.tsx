import { Button, Group, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type User, editProfile } from "~/client";
import { FormProblem } from "~/components/FormProblem";
import { useProblemForm } from "~/lib/problemForm";
import { told } from "~/lib/told";
import { profileChanged } from "../profile";

export function NamesForm({ user }: { user: User }) {
  const client = useQueryClient();
  const { username, first_name, last_name } = user;
  const { form, problem, isSending, onSubmit } = useProblemForm(
    { initialValues: { username, first_name, last_name } },
    async (body) => {
      profileChanged(client, (await editProfile({ body })).data);
      told.done("Your profile is saved.");
    },
  );
  return (
    <form onSubmit={onSubmit}>
      <Stack>
        <FormProblem problem={problem} />
        <TextInput
          label="Username"
          description="Stands beside the pictures that you publish."
          inputWrapperOrder={["label", "input", "error", "description"]}
          autoComplete="nickname"
          autoCapitalize="none"
          spellCheck={false}
          required
          withAsterisk={false}
          maxLength={30}
          key={form.key("username")}
          {...form.getInputProps("username")}
        />
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <TextInput
            label="First name"
            autoComplete="given-name"
            maxLength={150}
            key={form.key("first_name")}
            {...form.getInputProps("first_name")}
          />
          <TextInput
            label="Last name"
            autoComplete="family-name"
            maxLength={150}
            key={form.key("last_name")}
            {...form.getInputProps("last_name")}
          />
        </SimpleGrid>
        <Group>
          <Button type="submit" loading={isSending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
