import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { adminGetUserOptions, adminListUsersOptions } from "~/client/@tanstack/react-query.gen";

interface Props {
  label: string;
  placeholder: string;
  /** The user's id. */
  value: string | undefined;
  onChange: (id: string | null) => void;
  role?: "admin";
  error?: string | undefined;
}

/** Chooses a user by a part of their e-mail address or username. */
export function UserPicker({ label, placeholder, value, onChange, role, error }: Props) {
  const [written, setWritten] = useState("");
  const [search] = useDebouncedValue(written.trim(), 250);
  const chosen = useQuery({ ...adminGetUserOptions({ path: { user_id: value ?? "" } }), enabled: value !== undefined });
  const name = chosen.data?.email ?? value;
  // The field holds the chosen user's address: that is nothing to search by.
  const wanted = search === name ? "" : search;
  const found = useQuery({
    ...adminListUsersOptions({ query: { ...(wanted && { search: wanted }), ...(role && { role }), limit: 20 } }),
    placeholderData: (before) => before,
  });
  const options = (found.data ?? []).map(({ id, email }) => ({ value: id, label: email }));
  const isListed = value === undefined || options.some((option) => option.value === value);
  return (
    <Select
      label={label}
      placeholder={placeholder}
      data={isListed ? options : [{ value, label: name ?? value }, ...options]}
      value={value ?? null}
      onChange={onChange}
      error={error}
      searchable
      clearable
      clearButtonProps={{ "aria-label": `Clear: ${label}` }}
      onSearchChange={setWritten}
      filter={({ options: all }) => all}
      nothingFoundMessage={found.isFetching ? "Searching…" : "Nobody found"}
    />
  );
}
