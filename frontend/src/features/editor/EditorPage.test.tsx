import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { Suspense } from "react";
import { beforeEach, expect, it, vi } from "vitest";
import { server } from "~/test/server";
import { show } from "~/test/render";
import { Component } from "./EditorPage";
import { CAPABILITIES, IMAGE } from "./testing/answers";

const API = "*/api/v1";

/** jsdom loads no pictures: here each is there at once. */
class Picture {
  onload = () => {};
  set src(_url: string) {
    this.onload();
  }
}

interface Asked {
  transformed: { recipe: string; save?: boolean; key: string | null }[];
  /** Whatever is to be saved waits for this. */
  mayBeSaved: Promise<void>;
}

function answer(): Asked {
  const asked: Asked = { transformed: [], mayBeSaved: Promise.resolve() };
  server.use(
    http.get(`${API}/capabilities`, () => HttpResponse.json(CAPABILITIES)),
    http.get(`${API}/images/:id`, () => HttpResponse.json(IMAGE)),
    http.post<never, { recipes: string[] }>(`${API}/images/sign`, async ({ request }) => {
      const { recipes } = await request.json();
      return HttpResponse.json(
        recipes.map((recipe) => ({
          id: IMAGE.id,
          recipe,
          url: `http://x/${recipe}`,
          expires_at: "2026-12-28T14:30:00Z",
        })),
      );
    }),
    http.post<{ id: string }, { recipe: string; save?: boolean }>(
      `${API}/images/:id/transform`,
      async ({ request }) => {
        const body = await request.json();
        asked.transformed.push({ ...body, key: request.headers.get("Idempotency-Key") });
        if (body.save === true) await asked.mayBeSaved;
        if (body.recipe.includes("fx=sepia"))
          return HttpResponse.json(
            {
              status: 422,
              detail: "Some fields cannot be accepted.",
              code: "invalid",
              errors: [{ pointer: "/recipe", code: "x", detail: "Segment 1, fx (amount): Must be brown." }],
            },
            { status: 422 },
          );
        const made = { url: "http://x/m", width: 800, height: 600, bytes: 240_000, format: "webp", cached: false };
        return HttpResponse.json({
          ...made,
          id: body.save ? "new-one" : IMAGE.id,
          recipe: body.recipe,
          warnings: ["enlarge_refused"],
          parent_id: null,
        });
      },
    ),
  );
  return asked;
}

function open() {
  return show(
    <Suspense>
      <Component />
    </Suspense>,
    { path: "/library/:imageId/edit", at: `/library/${IMAGE.id}/edit?q=lake` },
  );
}

beforeEach(() => {
  vi.stubGlobal("Image", Picture);
});

it("tells what the file will be, and in plain words what is not as it was asked", async () => {
  answer();
  open();
  expect(await screen.findByText(/87\s%\ssmaller/)).toBeVisible();
  expect(screen.getByText(/800 × 600 · WebP/)).toBeVisible();
  expect(screen.getByText("The picture is smaller than that, and was not enlarged.")).toBeVisible();
});

it("makes a slider of every filter that goes both ways and a switch of every other, as the API lists them", async () => {
  const asked = answer();
  const { user } = open();
  await user.click(await screen.findByRole("button", { name: "Filters" }));
  const brightness = await screen.findByRole("slider", { name: "Brightness" });
  expect(brightness).toHaveAttribute("aria-valuetext", "0 %");
  brightness.focus();
  await user.keyboard("{ArrowRight}{ArrowRight}");
  await user.click(screen.getByRole("checkbox", { name: "Blur" }));
  expect(screen.getByRole("slider", { name: "Blur" })).toHaveAttribute("aria-valuetext", "2 px");
  await waitFor(() => expect(asked.transformed.at(-1)?.recipe).toBe("fx=blur:2/fx=brightness:2"), { timeout: 3000 });
});

it("undoes and does again, also with the keyboard, and says what", async () => {
  answer();
  const { user } = open();
  await user.click(await screen.findByRole("button", { name: "Rotate and flip" }));
  const mirror = await screen.findByRole("button", { name: "Mirror" });
  await user.click(mirror);
  expect(mirror).toHaveAttribute("aria-pressed", "true");
  await user.click(screen.getByRole("button", { name: "Undo: Mirror" }));
  expect(mirror).toHaveAttribute("aria-pressed", "false");
  expect(screen.getByText("Undone: Mirror")).toBeInTheDocument();
  await user.keyboard("{Control>}y{/Control}");
  expect(mirror).toHaveAttribute("aria-pressed", "true");
});

it("tells a refusal where it is about", async () => {
  answer();
  const { user } = open();
  await user.click(await screen.findByRole("button", { name: "Filters" }));
  await user.click(await screen.findByRole("checkbox", { name: "Sepia" }));
  expect(await screen.findByText("Must be brown.", {}, { timeout: 3000 })).toBeVisible();
  expect(screen.getByText("No file can be made of this.")).toBeVisible();
  expect(screen.getByRole("button", { name: /Save as new/ })).toBeDisabled();
});

it("saves as a new image and opens that one, without asking", async () => {
  const asked = answer();
  const { user, address } = open();
  await user.click(await screen.findByRole("button", { name: "Rotate and flip" }));
  await user.click(await screen.findByRole("button", { name: "Turn right" }));
  await user.click(screen.getByRole("button", { name: /Save as new/ }));
  await waitFor(() => expect(address()).toBe("/library/new-one?q=lake"));
  expect(screen.getByRole("link", { name: "Open it" })).toHaveAttribute("href", "/library/new-one?q=lake");
  const saved = asked.transformed.find(({ save }) => save === true);
  expect(saved?.recipe).toBe("rot=90");
  expect(saved?.key).toMatch(/^\w{16,}$/);
});

it("tells where the new image is, and leads nowhere by itself, where the editor was left before it was saved", async () => {
  const asked = answer();
  let release = () => {};
  asked.mayBeSaved = new Promise((resolve) => (release = resolve));
  const { user, address } = open();
  await user.click(await screen.findByRole("button", { name: "Rotate and flip" }));
  await user.click(await screen.findByRole("button", { name: "Turn right" }));
  await user.click(screen.getByRole("button", { name: /Save as new/ }));
  await user.click(screen.getByRole("link", { name: "Back to the image" }));
  await user.click(await screen.findByRole("button", { name: "Leave" }));
  release();
  const link = await screen.findByRole("link", { name: "Open it" });
  expect(address()).toBe(`/library/${IMAGE.id}?q=lake`);
  await user.click(link);
  expect(address()).toBe("/library/new-one?q=lake");
  await waitFor(() => expect(link).not.toBeInTheDocument());
});

it("leaves with Escape at once where nothing was changed, and asks where something was", async () => {
  answer();
  const { user, address } = open();
  await user.click(await screen.findByRole("button", { name: "Rotate and flip" }));
  await user.click(await screen.findByRole("button", { name: "Flip" }));
  await user.keyboard("{Escape}");
  const question = await screen.findByRole("dialog", { name: "Leave without saving?" });
  await user.click(within(question).getByRole("button", { name: "Keep editing" }));
  await waitFor(() => expect(question).not.toBeInTheDocument());
  await user.keyboard("{Escape}");
  const again = await screen.findByRole("dialog", { name: "Leave without saving?" });
  // In the question it is no: neither out of the editor nor back in what was changed.
  await user.keyboard("{Control>}z{/Control}{Escape}");
  await waitFor(() => expect(again).not.toBeInTheDocument());
  expect(address()).toBe(`/library/${IMAGE.id}/edit?q=lake`);
  await user.click(screen.getByRole("button", { name: "Undo: Flip" }));
  await user.keyboard("{Escape}");
  await waitFor(() => expect(address()).toBe(`/library/${IMAGE.id}?q=lake`));
});
