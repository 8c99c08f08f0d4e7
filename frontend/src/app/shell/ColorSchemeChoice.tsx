import { Menu, useMantineColorScheme } from "@mantine/core";
import { useId } from "react";

const SCHEMES = [
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
  { value: "auto", label: "As the system has it" },
] as const;

/** In a menu, which may have no buttons but its own. */
export function ColorSchemeChoice() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const label = useId();
  const choose = (value: string) => {
    const chosen = SCHEMES.find((each) => each.value === value);
    if (chosen) setColorScheme(chosen.value);
  };
  return (
    <div role="group" aria-labelledby={label}>
      <Menu.Label id={label}>Colours</Menu.Label>
      <Menu.RadioGroup value={colorScheme} onChange={choose}>
        {SCHEMES.map(({ value, label: name }) => (
          <Menu.RadioItem key={value} value={value}>
            {name}
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </div>
  );
}
