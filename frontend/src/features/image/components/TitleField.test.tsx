import { screen, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { useState } from "react";
import { expect, it } from "vitest";
import type { Edit } from "~/client";
import { server } from "~/test/server";
import { show } from "~/test/render";
import { useImage } from "../api/image";
import { ID, imageOf } from "../testing";
import { TitleField } from "./TitleField";

const ADDRESS = `*/api/v1/images/${ID}`;

/** The API with one image, which answers no edit before it is told to. */
function serve() {
  const state = { image: imageOf({ title: "" }), version: 1, sent: [] as string[], isOpen: false };
  const waiting: (() => void)[] = [];
  const headers = () => ({ ETag: `"${state.version}-a"` });
  server.use(
    http.get(ADDRESS, () => HttpResponse.json(state.image, { headers: headers() })),
    http.patch<never, Edit>(ADDRESS, async ({ request }) => {
      const { title = "" } = await request.json();
      if (!state.isOpen) await new Promise<void>((resolve) => waiting.push(resolve));
      if (request.headers.get("If-Match") !== headers().ETag)
        return HttpResponse.json({ status: 412, code: "changed", detail: "It has changed." }, { status: 412 });
      state.sent.push(title);
      state.image = { ...state.image, title };
      state.version += 1;
      return HttpResponse.json(state.image, { headers: headers() });
    }),
  );
  const answer = () => {
    state.isOpen = true;
    for (const go of waiting.splice(0)) go();
  };
  const changeElsewhere = (title: string) => {
    state.image = { ...state.image, title };
    state.version += 1;
  };
  return Object.assign(state, { answer, changeElsewhere });
}

function Shown() {
  const { data } = useImage(ID);
  return data === undefined ? null : <TitleField image={data} />;
}

const field = () => screen.findByRole("textbox", { name: "Title" });
const warns = () => !window.dispatchEvent(new Event("beforeunload", { cancelable: true }));

it("saves a title once that is confirmed with Enter and then left", async () => {
  const api = serve();
  const { user } = show(<Shown />);
  await user.type(await field(), "Peaks{Enter}");
  await user.tab();
  api.answer();
  await waitFor(() => expect(api.sent).toEqual(["Peaks"]));
  await waitFor(() => expect(warns()).toBe(false));
  expect(screen.queryByRole("alert")).toBeNull();
  expect(api.sent).toEqual(["Peaks"]);
});

it("builds on its own save, which is under way while somebody writes on", async () => {
  const api = serve();
  const { user } = show(<Shown />);
  await user.type(await field(), "Peaks{Enter} at dawn");
  await user.tab();
  api.answer();
  await waitFor(() => expect(api.sent).toEqual(["Peaks", "Peaks at dawn"]));
  expect(await field()).toHaveValue("Peaks at dawn");
  expect(screen.queryByRole("alert")).toBeNull();
});

it("saves what was there before, where that is written again while its change is under way", async () => {
  const api = serve();
  const { user } = show(<Shown />);
  await user.type(await field(), "Peaks{Enter}");
  await user.clear(await field());
  await user.tab();
  api.answer();
  await waitFor(() => expect(api.sent).toEqual(["Peaks", ""]));
});

it("saves what was written on during a save, where the image is left before its answer", async () => {
  const api = serve();
  const { user, unmount } = show(<Shown />);
  await user.type(await field(), "Peaks{Enter} at dawn");
  unmount();
  api.answer();
  await waitFor(() => expect(api.sent).toEqual(["Peaks", "Peaks at dawn"]));
});

it("is no conflict where somebody else has written the same", async () => {
  const api = serve();
  api.answer();
  const { user } = show(<Shown />);
  await user.type(await field(), "Peaks");
  api.changeElsewhere("Peaks");
  await user.tab();
  await waitFor(() => expect(warns()).toBe(false));
  expect(screen.queryByRole("alert")).toBeNull();
  expect(api.sent).toEqual([]);
});

function Closable() {
  const [isOpen, setOpen] = useState(true);
  return (
    <>
      {isOpen && <Shown />}
      <button onClick={() => setOpen(false)}>Close</button>
    </>
  );
}

it("keeps what was written in a notice, where the image is left with a conflict open", async () => {
  const api = serve();
  api.answer();
  const { user } = show(<Closable />);
  await user.type(await field(), "Mine");
  api.changeElsewhere("Theirs");
  await user.tab();
  await screen.findByText("There it says now: “Theirs”");
  await user.click(screen.getByRole("button", { name: "Close" }));
  expect(await screen.findByText("You had written: “Mine”")).toBeVisible();
  expect(api.sent).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Keep mine" }));
  await waitFor(() => expect(api.sent).toEqual(["Mine"]));
});

it("has the browser ask before it closes the page, as long as something is unsaved", async () => {
  const api = serve();
  const { user } = show(<Shown />);
  await field();
  expect(warns()).toBe(false);
  await user.type(await field(), "Peaks");
  expect(warns()).toBe(true);
  await user.tab();
  expect(warns()).toBe(true);
  api.answer();
  await waitFor(() => expect(warns()).toBe(false));
});
