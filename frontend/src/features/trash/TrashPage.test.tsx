import { screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { Suspense, useState } from "react";
import { expect, it } from "vitest";
import { type Shortcut, useShortcutList } from "~/lib/shortcuts";
import { server } from "~/test/server";
import { show } from "~/test/render";
import { Component as TrashPage } from "./TrashPage";

it("keeps its shortcuts where it is shown once more and nothing has changed", async () => {
  server.use(
    http.get("*/api/v1/capabilities", () => HttpResponse.json({ limits: { trash_seconds: 86_400 } })),
    http.get("*/api/v1/images", () => HttpResponse.json([])),
  );
  let now: readonly Shortcut[] = [];
  const List = () => {
    now = useShortcutList();
    return null;
  };
  const Shown = () => {
    const [times, setTimes] = useState(1);
    return (
      <Suspense>
        <List />
        <button onClick={() => setTimes(times + 1)}>Shown {times}</button>
        <TrashPage />
      </Suspense>
    );
  };
  const { user } = show(<Shown />);
  expect(await screen.findByText("The trash is empty")).toBeInTheDocument();
  const before = now;
  expect(before.map(({ does }) => does)).toContain("Delete for good");
  await user.click(screen.getByRole("button", { name: "Shown 1" }));
  expect(screen.getByRole("button", { name: "Shown 2" })).toBeInTheDocument();
  expect(now.find(({ keys }) => keys === "Delete")).toBe(before.find(({ keys }) => keys === "Delete"));
});
