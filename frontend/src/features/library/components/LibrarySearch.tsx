import { SearchField } from "~/components/SearchField";
import { SearchHelp } from "./SearchHelp";

interface Props {
  value: string;
  onChange: (value: string) => void;
  error: string | undefined;
}

export function LibrarySearch(props: Props) {
  return (
    <SearchField
      {...props}
      aria-label="Search your library"
      placeholder="Search your library"
      help={<SearchHelp />}
      flex="1 1 220px"
    />
  );
}
