import { screen, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import type { Edit, Image } from "~/client";
import { server } from "~/test/server";
import { show } from "~/test/render";
import { useImage } from "../api/image";
import { ID, SUGGESTED, imageOf } from "../testing";
import { AltText } from "./AltText";

const ADDRESS = `*/api/v1/images/${ID}`;

/** The API with one image: it judges `If-Match` by the version, and settles the alt text as the real one does. */
function serve(start: Image) {
  const state = { image: start, version: 1, sent: [] as Edit[], matches: [] as (string | null)[] };
  const answer = (status = 200) =>
    HttpResponse.json(state.image, { status, headers: { ETag: `"${state.version}-a"` } });
  server.use(
    http.get(ADDRESS, () => answer()),
    http.patch<never, Edit>(ADDRESS, async ({ request }) => {
      const match = request.headers.get("If-Match");
      state.matches.push(match);
      if (match !== null && match !== `"${state.version}-a"`)
        return HttpResponse.json(
          {
            type: "about:blank",
            status: 412,
            title: "Precondition Failed",
            code: "changed",
            detail: "It has changed.",
          },
          { status: 412, headers: { "Content-Type": "application/problem+json" } },
        );
      const change = await request.json();
      state.sent.push(change);
      const alt_status = change.alt_status ?? (change.alt ? "approved" : "suggested");
      state.image = { ...state.image, ...change, alt_status };
      state.version += 1;
      return answer();
    }),
  );
  const changeElsewhere = (changes: Partial<Image>) => {
    state.image = { ...state.image, ...changes };
    state.version += 1;
  };
  return Object.assign(state, { changeElsewhere });
}

function Shown() {
  const { data } = useImage(ID);
  return data === undefined ? null : <AltText image={data} />;
}

describe("the alt text", () => {
  it("is the suggestion once that was applied, and then counts as approved", async () => {
    const api = serve(imageOf());
    const { user } = show(<Shown />);
    expect(await screen.findByText("To be reviewed")).toBeVisible();
    expect(screen.getByText("Suggested by gemini gemini-2.5-flash")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Apply" }));
    expect(await screen.findByText("Approved")).toBeVisible();
    expect(api.sent).toEqual([{ alt: SUGGESTED }]);
    expect(screen.getByRole("textbox", { name: "Alt text" })).toHaveValue(SUGGESTED);
    expect(screen.queryByRole("button", { name: "Apply" })).toBeNull();
  });

  it("is what its owner writes, saved when the field is left", async () => {
    const api = serve(imageOf());
    const { user } = show(<Shown />);
    await user.type(await screen.findByRole("textbox", { name: "Alt text" }), "Grey peaks");
    expect(api.sent).toEqual([]);
    await user.tab();
    expect(await screen.findByText("Approved")).toBeVisible();
    expect(api.sent).toEqual([{ alt: "Grey peaks" }]);
    expect(api.matches).toEqual(['"1-a"']);
  });

  it("is the suggestion alone where that is applied while something else is being written", async () => {
    const api = serve(imageOf());
    const { user } = show(<Shown />);
    await user.type(await screen.findByRole("textbox", { name: "Alt text" }), "Grey");
    await user.click(screen.getByRole("button", { name: "Apply" }));
    expect(await screen.findByText("Approved")).toBeVisible();
    expect(api.sent).toEqual([{ alt: SUGGESTED }]);
  });

  it("is what it was before, after Escape", async () => {
    const api = serve(imageOf({ alt: "Peaks", alt_status: "approved" }));
    const { user } = show(<Shown />);
    const field = await screen.findByRole("textbox", { name: "Alt text" });
    await user.type(field, " and more{Escape}");
    expect(field).toHaveValue("Peaks");
    await user.tab();
    expect(api.sent).toEqual([]);
  });

  it("is not needed for a decorative picture, and is there again when it is not decorative after all", async () => {
    const api = serve(imageOf({ alt: "Peaks", alt_status: "approved" }));
    const { user } = show(<Shown />);
    await user.click(await screen.findByRole("switch", { name: /Decorative/ }));
    await waitFor(() => expect(screen.queryByRole("textbox", { name: "Alt text" })).toBeNull());
    await user.click(screen.getByRole("switch", { name: /Decorative/ }));
    expect(await screen.findByRole("textbox", { name: "Alt text" })).toHaveValue("Peaks");
    expect(api.sent).toEqual([{ alt: "", alt_status: "decorative" }, { alt: "Peaks" }]);
  });

  it("is not suggested by measurements", async () => {
    serve(imageOf({ alt_status: "missing", ai: { ...imageOf().ai, provider: "offline", alt: "Not described." } }));
    show(<Shown />);
    expect(await screen.findByText(/No model has looked at this picture/)).toBeVisible();
    expect(screen.queryByRole("button", { name: "Apply" })).toBeNull();
  });
});

describe("an alt text that was changed elsewhere meanwhile", () => {
  it("stands beside what was written, of which nothing is lost, until one of them is chosen", async () => {
    const api = serve(imageOf());
    const { user } = show(<Shown />);
    const field = await screen.findByRole("textbox", { name: "Alt text" });
    await user.type(field, "Mine");
    api.changeElsewhere({ alt: "Theirs", alt_status: "approved" });
    await user.tab();
    expect(await screen.findByText("There it says now: “Theirs”")).toBeVisible();
    expect(field).toHaveValue("Mine");
    expect(api.sent).toEqual([]);
    await user.click(screen.getByRole("button", { name: "Keep mine" }));
    await waitFor(() => expect(api.sent).toEqual([{ alt: "Mine" }]));
    await waitFor(() => expect(screen.queryByText(/Changed elsewhere/)).toBeNull());
  });

  it("can be taken in place of what was written", async () => {
    const api = serve(imageOf());
    const { user } = show(<Shown />);
    const field = await screen.findByRole("textbox", { name: "Alt text" });
    await user.type(field, "Mine");
    api.changeElsewhere({ alt: "Theirs", alt_status: "approved" });
    await user.tab();
    await user.click(await screen.findByRole("button", { name: "Take the other" }));
    expect(field).toHaveValue("Theirs");
    expect(api.sent).toEqual([]);
  });

  it("is no conflict where something else of the image was changed: that is kept too", async () => {
    const api = serve(imageOf());
    const { user } = show(<Shown />);
    await user.type(await screen.findByRole("textbox", { name: "Alt text" }), "Mine");
    api.changeElsewhere({ title: "Another title" });
    await user.tab();
    expect(await screen.findByText("Approved")).toBeVisible();
    expect(api.matches).toEqual(['"1-a"', '"2-a"']);
    expect(api.image).toMatchObject({ title: "Another title", alt: "Mine" });
  });

  it("does not take the place of what was written, when somebody leaves the page while writing", async () => {
    const api = serve(imageOf());
    const { user, unmount } = show(<Shown />);
    await user.type(await screen.findByRole("textbox", { name: "Alt text" }), "Half a sen");
    unmount();
    await waitFor(() => expect(api.sent).toEqual([{ alt: "Half a sen" }]));
  });
});
