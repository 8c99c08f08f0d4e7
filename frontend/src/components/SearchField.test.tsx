import { screen, waitFor } from "@testing-library/react";
import { useState } from "react";
import { expect, it, vi } from "vitest";
import { show } from "~/test/render";
import { SearchField } from "./SearchField";

const field = () => screen.getByRole("searchbox", { name: "Search" });

/** What is searched for stands in the address, which takes a moment and may also change by itself. */
function Page({ onSearch, delay = 0 }: { onSearch: (value: string) => void; delay?: number }) {
  const [value, setValue] = useState("");
  const search = (next: string) => {
    onSearch(next);
    setTimeout(() => setValue(next), delay);
  };
  return (
    <>
      <SearchField aria-label="Search" value={value} onChange={search} />
      <button onClick={() => setValue("")}>Back</button>
      <button onClick={() => setValue("tag:alps")}>Alps</button>
      <output>{value}</output>
    </>
  );
}

it("searches once nothing more is typed, without the spaces around it", async () => {
  const onSearch = vi.fn();
  const { user } = show(<Page onSearch={onSearch} />);
  await user.type(field(), "blue lake ");
  expect(onSearch).not.toHaveBeenCalled();
  await waitFor(() => expect(onSearch).toHaveBeenCalledExactlyOnceWith("blue lake"));
  expect(field()).toHaveValue("blue lake ");
});

it("searches at once by Enter, and not again afterwards", async () => {
  const onSearch = vi.fn();
  const { user } = show(<Page onSearch={onSearch} />);
  await user.type(field(), "lake{Enter}");
  expect(onSearch).toHaveBeenCalledExactlyOnceWith("lake");
  await new Promise((resolve) => setTimeout(resolve, 350));
  expect(onSearch).toHaveBeenCalledOnce();
});

it("keeps the letters that are typed while the address follows", async () => {
  const { user } = show(<Page onSearch={() => undefined} delay={50} />);
  await user.type(field(), "la{Enter}ke");
  await waitFor(() => expect(screen.getByRole("status")).toHaveTextContent("la"));
  expect(field()).toHaveValue("lake");
});

it("shows what something else makes of the search, each time", async () => {
  const { user } = show(<Page onSearch={() => undefined} />);
  for (const typed of ["lake", "lake"]) {
    await user.clear(field());
    await user.type(field(), `${typed}{Enter}`);
    await waitFor(() => expect(screen.getByRole("status")).toHaveTextContent(typed));
    await user.click(screen.getByRole("button", { name: "Alps" }));
    expect(field()).toHaveValue("tag:alps");
    await user.click(screen.getByRole("button", { name: "Back" }));
    expect(field()).toHaveValue("");
  }
});

it("is emptied by its button and by Escape, and is left by Escape once it is empty", async () => {
  const onSearch = vi.fn();
  const { user } = show(<Page onSearch={onSearch} />);
  await user.type(field(), "lake");
  await user.click(screen.getByRole("button", { name: "Clear the search" }));
  expect(field()).toHaveValue("");
  expect(field()).toHaveFocus();
  await user.type(field(), "boat{Escape}");
  expect(field()).toHaveValue("");
  expect(field()).toHaveFocus();
  await user.keyboard("{Escape}");
  expect(field()).not.toHaveFocus();
});

it("takes the focus by a slash", async () => {
  const { user } = show(<Page onSearch={() => undefined} />);
  await user.keyboard("/");
  expect(field()).toHaveFocus();
  expect(field()).toHaveValue("");
});
