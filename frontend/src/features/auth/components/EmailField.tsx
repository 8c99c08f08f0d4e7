import { TextInput, type TextInputProps } from "@mantine/core";

/** The address by which one signs in, so that password managers keep it beside the password. */
export function EmailField(props: TextInputProps) {
  return (
    <TextInput
      label="E-mail address"
      type="email"
      inputMode="email"
      autoComplete="username"
      autoCapitalize="none"
      spellCheck={false}
      required
      withAsterisk={false}
      {...props}
    />
  );
}
