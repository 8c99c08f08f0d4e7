import { PasswordInput, type PasswordInputProps } from "@mantine/core";
import { useState } from "react";

export interface PasswordFieldProps extends PasswordInputProps {
  /** By which password managers know whether to fill in or to make one. */
  autoComplete: "current-password" | "new-password" | "off";
}

/** A password, which can be looked at, by keyboard too. */
export function PasswordField(props: PasswordFieldProps) {
  const [isShown, setShown] = useState(false);
  return (
    <PasswordInput
      spellCheck={false}
      autoCapitalize="none"
      visible={isShown}
      onVisibilityChange={setShown}
      visibilityToggleFocusable
      visibilityToggleButtonProps={{ "aria-label": "Show what is typed" }}
      {...props}
    />
  );
}
