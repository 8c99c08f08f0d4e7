import { CloseButton, Group, TextInput, type TextInputProps } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { type KeyboardEvent, type ReactNode, useMemo, useRef, useState } from "react";
import { useShortcuts } from "~/lib/shortcuts";

const DEBOUNCE_MS = 300;
const SECTION = 40;
const BUTTON = 28;

interface Props extends Pick<TextInputProps, "label" | "aria-label" | "placeholder" | "maxLength" | "flex" | "maw"> {
  value: string;
  onChange: (value: string) => void;
  /** What the API does not understand of it. */
  error?: string | undefined;
  /** A button at the end of the field that tells how to search. */
  help?: ReactNode;
}

/** Searches after a moment without typing, or at once by Enter; what the address says otherwise (Back, a tag) stands in the field. */
export function SearchField({ value, onChange, help, ...props }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const { typed, type, searchNow } = useTyped(value, onChange);
  const enter = () => {
    input.current?.focus();
    input.current?.select();
  };
  useShortcuts(useMemo(() => [{ keys: "/", does: "Search", run: enter }], []));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter") searchNow();
    if (event.key === "Escape") {
      event.stopPropagation();
      if (typed === "") input.current?.blur();
      else type("");
    }
  };
  const clear = (
    <CloseButton
      aria-label="Clear the search"
      onClick={() => {
        type("");
        input.current?.focus();
      }}
    />
  );
  return (
    <TextInput
      maxLength={500}
      {...props}
      ref={input}
      type="search"
      value={typed}
      onChange={(event) => type(event.currentTarget.value)}
      onKeyDown={onKeyDown}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSectionWidth={help !== undefined && typed !== "" ? SECTION + BUTTON : SECTION}
      rightSection={
        <Group gap={0} wrap="nowrap">
          {typed !== "" && clear}
          {help}
        </Group>
      }
      styles={{ input: { appearance: "none" } }}
    />
  );
}

/** What is being typed: ahead of the `value` that it becomes, and replaced where that is changed by something else. */
function useTyped(value: string, onChange: (value: string) => void) {
  const [typed, setTyped] = useState(value);
  const [told, setTold] = useState(value);
  const [sent, setSent] = useState(value);
  if (told !== value) {
    setTold(value);
    // What was sent comes back later than the next letters are typed.
    if (value !== sent) {
      setSent(value);
      setTyped(value);
    }
  }
  const send = (text: string) => {
    setSent(text.trim());
    onChange(text.trim());
  };
  const sendLater = useDebouncedCallback(send, DEBOUNCE_MS);
  return {
    typed,
    type: (text: string) => {
      setTyped(text);
      sendLater(text);
    },
    searchNow: () => {
      sendLater.cancel();
      send(typed);
    },
  };
}
