import { ActionIcon, Button, type ButtonProps, Tooltip } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import type { Icon } from "@tabler/icons-react";
import type { Ref } from "react";

interface Props extends Pick<ButtonProps, "loading" | "color" | "disabled"> {
  Icon: Icon;
  label: string;
  onClick?: () => void;
  ref?: Ref<HTMLButtonElement>;
}

/** A button of the selection's bar: with its words where there is room, else as an icon that is named. */
export function BatchAction({ Icon, label, ref, ...props }: Props) {
  const isRoomy = useMediaQuery("(min-width: 75em)");
  return isRoomy ? (
    <Button
      ref={ref}
      size="sm"
      variant={props.color ? "light" : "default"}
      leftSection={<Icon size={16} aria-hidden />}
      {...props}
    >
      {label}
    </Button>
  ) : (
    <Tooltip label={label}>
      <ActionIcon ref={ref} size={36} variant={props.color ? "light" : "default"} aria-label={label} {...props}>
        <Icon size={18} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
