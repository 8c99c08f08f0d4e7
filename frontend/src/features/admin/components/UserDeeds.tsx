import { Stack, Text } from "@mantine/core";
import type { KnownUser } from "~/client";
import { plural } from "~/lib/format";
import { told } from "~/lib/told";
import { useUser } from "~/lib/user";
import { useAdministration } from "../api/changes";
import { Deed } from "./Deed";

/** Role, state, confirmation and sessions of an account. */
export function UserDeeds({ user }: { user: KnownUser }) {
  return (
    <Stack gap="md">
      <Role user={user} />
      <Access user={user} />
      <Confirmation user={user} />
      <Sessions user={user} />
    </Stack>
  );
}

function Role({ user }: { user: KnownUser }) {
  const { editUser } = useAdministration();
  const isMe = useUser().id === user.id;
  return user.role === "admin" ? (
    <Deed
      title="Role"
      note="Looks after the whole service."
      button="Take the role"
      isDangerous
      question={`Take the role from ${user.email}?`}
      onConfirm={() => editUser(user.id, { role: "user" })}
    >
      <Text size="sm">
        {isMe
          ? "You lose these pages at once. Only another administrator can give the role back to you."
          : "They lose these pages at once. Their account and their images stay as they are."}
      </Text>
    </Deed>
  ) : (
    <Deed
      title="Role"
      note="A user: has their own images alone."
      button="Make administrator"
      question={`Make ${user.email} an administrator?`}
      onConfirm={() => editUser(user.id, { role: "admin" })}
    >
      <Text size="sm">They can see everybody’s images, disable accounts, and delete images for good.</Text>
    </Deed>
  );
}

function Access({ user }: { user: KnownUser }) {
  const { editUser } = useAdministration();
  return user.disabled ? (
    <Deed
      title="Access"
      note="Disabled: cannot sign in."
      button="Enable"
      question={`Enable ${user.email}?`}
      onConfirm={() => editUser(user.id, { disabled: false })}
    >
      <Text size="sm">
        They can sign in again. Sessions, API keys and links that ended when they were disabled stay ended.
      </Text>
    </Deed>
  ) : (
    <Deed
      title="Access"
      note="Can sign in."
      button="Disable"
      isDangerous
      question={`Disable ${user.email}?`}
      onConfirm={() => editUser(user.id, { disabled: true })}
    >
      <Text size="sm">
        They are signed out everywhere at once, every API key is revoked, and links that were sent to them are void.
        Enabling the account again revives none of it. Their images stay.
      </Text>
    </Deed>
  );
}

function Confirmation({ user }: { user: KnownUser }) {
  const { editUser } = useAdministration();
  return user.email_verified ? (
    <Deed
      title="E-mail address"
      note="Confirmed."
      button="Mark as not confirmed"
      question={`Mark ${user.email} as not confirmed?`}
      onConfirm={() => editUser(user.id, { email_verified: false })}
    >
      <Text size="sm">
        What this installation keeps for confirmed addresses is closed to them until they confirm it again.
      </Text>
    </Deed>
  ) : (
    <Deed
      title="E-mail address"
      note="Not confirmed by its owner."
      button="Mark as confirmed"
      question={`Mark ${user.email} as confirmed?`}
      onConfirm={() => editUser(user.id, { email_verified: true })}
    >
      <Text size="sm">
        Do so only if you know that the address is theirs: nobody has clicked the link that was sent to it.
      </Text>
    </Deed>
  );
}

function Sessions({ user }: { user: KnownUser }) {
  const { endSessions } = useAdministration();
  const { sessions } = user.counts;
  const end = async () => told.done(`${plural(await endSessions(user.id), "session")} ended.`);
  return (
    <Deed
      title="Sessions"
      note={sessions === 0 ? "Signed in nowhere." : `Signed in ${plural(sessions, "time")}.`}
      button="Sign out everywhere"
      question={`Sign ${user.email} out everywhere?`}
      onConfirm={end}
    >
      <Text size="sm">They have to sign in again on every device. API keys go on working.</Text>
    </Deed>
  );
}
