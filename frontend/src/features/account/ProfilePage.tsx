import { Progress, Stack, Text } from "@mantine/core";
import { PageHeader } from "~/components/PageHeader";
import { bytes, day, percent } from "~/lib/format";
import { useUser } from "~/lib/user";
import { EmailForm } from "./components/EmailForm";
import { EmailState } from "./components/EmailState";
import { NamesForm } from "./components/NamesForm";
import { Section } from "./components/Section";

export function Component() {
  const user = useUser();
  return (
    <>
      <PageHeader title="Profile" note={`Here since ${day(user.date_joined)}`} />
      <Section title="Names">
        <NamesForm user={user} />
      </Section>
      <Section title="E-mail address" note="By which you sign in, and where letters about your account go.">
        <EmailState user={user} />
        <EmailForm key={user.email} user={user} />
      </Section>
      <Section title="Storage">
        <Storage {...user.storage} />
      </Section>
    </>
  );
}

function Storage({ used, quota }: { used: number; quota: number | null }) {
  if (quota === null) return <Text size="sm">Your originals take {bytes(used)}. There is no bound.</Text>;
  const share = percent(used, quota);
  return (
    <Stack gap={6}>
      <Text size="sm">
        Your originals take {bytes(used)} of {bytes(quota)}.
      </Text>
      <Progress value={share} color={share > 90 ? "red" : undefined} aria-label="Storage used" />
    </Stack>
  );
}
