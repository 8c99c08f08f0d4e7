import { CloseButton, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useMemo, useRef, useState } from "react";
import { useShortcuts } from "~/lib/shortcuts";

const LONGEST = 500;
const DEBOUNCE_MS = 300;

interface Props {
  value: string;
  onChange: (value: string) => void;
  /** What the API does not understand of it. */
  error: string | undefined;
}

/** Searches after a moment without typing, or at once by Enter; what the address says later (Back, a tag) stands in the field. */
export function GallerySearch({ value, onChange, error }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(value);
  const [told, setTold] = useState(value);
  if (told !== value) {
    setTold(value);
    if (typed.trim() !== value) setTyped(value);
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
      aria-label="Search the gallery"
      placeholder="Search the gallery"
      maxLength={LONGEST}
      value={typed}
      error={error}
      onChange={(event) => type(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== "Enter") return;
        search.cancel();
        onChange(typed);
      }}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={
        typed !== "" && (
          <CloseButton
            aria-label="Clear the search"
            onClick={() => {
              type("");
              input.current?.focus();
            }}
          />
        )
      }
      styles={{ input: { appearance: "none" } }}
      flex="1 1 220px"
      maw={520}
    />
  );
}
