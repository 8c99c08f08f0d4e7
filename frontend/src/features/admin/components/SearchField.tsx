import { CloseButton, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useState } from "react";

interface Props {
  label: string;
  placeholder?: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  description?: string;
}

const QUIET_MS = 300;

/** Searches once nothing more is written for a moment. */
export function SearchField({ value, onChange, ...props }: Props) {
  const [text, setText] = useState(value);
  const [seen, setSeen] = useState(value);
  const [sent, setSent] = useState(value);
  const send = useDebouncedCallback((next: string) => {
    setSent(next);
    onChange(next.trim());
  }, QUIET_MS);
  if (value !== seen) {
    setSeen(value);
    // What comes back from the address is older than what is being written; only another's change is taken over.
    if (value !== sent.trim()) setText(value);
  }
  const write = (next: string) => {
    setText(next);
    send(next);
  };
  return (
    <TextInput
      {...props}
      type="search"
      value={text}
      maxLength={254}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={text && <CloseButton size="sm" aria-label="Clear the search" onClick={() => write("")} />}
      onChange={(event) => write(event.currentTarget.value)}
    />
  );
}
