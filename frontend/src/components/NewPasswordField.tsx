import { Progress } from "@mantine/core";
import { type ChangeEvent, useState } from "react";
import { PasswordField, type PasswordFieldProps } from "./PasswordField";

const SHORTEST = 8;
const STRONG = 16;

/** A password that is being chosen: its length, which is what counts, is told while it is typed. */
export function NewPasswordField({ onChange, ...props }: Omit<PasswordFieldProps, "autoComplete">) {
  const [length, setLength] = useState(0);
  const count = (event: ChangeEvent<HTMLInputElement>) => {
    setLength(Array.from(event.currentTarget.value).length);
    onChange?.(event);
  };
  return (
    <div>
      <PasswordField
        autoComplete="new-password"
        required
        withAsterisk={false}
        description={props.error ? undefined : lengthHint(length)}
        inputWrapperOrder={["label", "input", "error", "description"]}
        onChange={count}
        {...props}
      />
      <Progress
        size={3}
        mt={6}
        value={Math.min(100, (length / STRONG) * 100)}
        color={length >= STRONG ? "teal" : length >= SHORTEST ? undefined : "gray"}
        aria-hidden
      />
    </div>
  );
}

/** What the length of a password is worth, in characters. */
export function lengthHint(length: number): string {
  if (length === 0) return `${SHORTEST} characters or more. A few words in a row are easy to keep in mind.`;
  if (length < SHORTEST) return `${SHORTEST - length} more to go.`;
  if (length < STRONG) return "Long enough. Each further character makes it harder to guess.";
  return "Long, and so hard to guess.";
}
