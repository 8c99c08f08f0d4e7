import { CloseButton, Group, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useMemo, useRef, useState } from "react";
import { useShortcuts } from "~/lib/shortcuts";
import { SearchHelp } from "./SearchHelp";

const LONGEST = 500;
const DEBOUNCE_MS = 300;

interface Props {
  value: string;
  onChange: (value: string) => void;
  /** What the API does not understand of it. */
  error: string | undefined;
}

/** What is typed is searched for after a moment; what the address says afterwards, by Back or a link, stands in the field. */
export function SearchField({ value, onChange, error }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(value);
  const [told, setTold] = useState(value);
  if (told !== value) {
    setTold(value);
    if (typed.trim() !== value.trim()) setTyped(value);
  }
  const search = useDebouncedCallback(onChange, DEBOUNCE_MS);
  const type = (next: string) => {
    setTyped(next);
    search(next);
  };
  useShortcuts(useMemo(() => [{ keys: "/", does: "Search", run: () => input.current?.select() }], []));
  return (
    <TextInput
      ref={input}
      type="search"
      role="searchbox"
      aria-label="Search your library"
      placeholder="Search your library"
      maxLength={LONGEST}
      value={typed}
      error={error}
      onChange={(event) => type(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter") {
          search.cancel();
          onChange(typed);
        } else if (event.key === "Escape") {
          event.stopPropagation();
          if (typed === "") input.current?.blur();
          else type("");
        }
      }}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSectionWidth={typed === "" ? 40 : 68}
      rightSection={
        <Group gap={0} wrap="nowrap">
          {typed !== "" && (
            <CloseButton
              aria-label="Clear the search"
              onClick={() => {
                type("");
                input.current?.focus();
              }}
            />
          )}
          <SearchHelp />
        </Group>
      }
      styles={{ input: { appearance: "none" } }}
      flex="1 1 220px"
    />
  );
}
