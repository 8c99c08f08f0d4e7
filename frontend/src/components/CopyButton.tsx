import { Button, type ButtonProps, CopyButton as Copying } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";

interface Props extends Omit<ButtonProps, "leftSection" | "children" | "value"> {
  value: string;
  /** What is copied: "address", "HTML". */
  what: string;
}

/** Copies, and says that it has, to those who listen too. */
export function CopyButton({ value, what, ...props }: Props) {
  return (
    <Copying value={value} timeout={2000}>
      {({ copied, copy }) => (
        <Button
          variant="default"
          size="xs"
          {...props}
          leftSection={copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
          onClick={copy}
          aria-label={`Copy ${what}`}
        >
          <span aria-live="polite">{copied ? "Copied" : "Copy"}</span>
        </Button>
      )}
    </Copying>
  );
}
