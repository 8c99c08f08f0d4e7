import { screen, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, test, vi } from "vitest";
import type { Moderated } from "~/client";
import { show } from "~/test/render";
import { server } from "~/test/server";
import { ContentDetail } from "./ContentDetail";

const IMAGE: Moderated = {
  id: "019ab1c2-7d3e-7f00-8a55-2f6d0c9b1e11",
  status: "ready",
  title: "<b>Picos</b> de Europa",
  description: "",
  alt: "",
  alt_status: "missing",
  tags: [],
  file_name: "picos.jpg",
  format: "jpeg",
  media_type: "image/jpeg",
  width: 2560,
  height: 1600,
  bytes: 1_826_239,
  sha256: null,
  thumbhash: null,
  dominant_color: null,
  source: "upload",
  digital_source_type: null,
  prompt: null,
  generation: null,
  is_public: true,
  visibility: "public",
  ai: { status: "done", description: null, alt: null, tags: [], provider: null, model: null, error: null },
  variants: [],
  user: {
    id: "019ab1c0-0000-7000-8000-000000000001",
    email: "owner@example.org",
    username: "owner",
    date_joined: "2026-11-24T09:00:00Z",
  },
  trashed_at: null,
  uploaded_at: "2026-11-24T09:30:00Z",
  updated_at: "2026-11-24T09:30:00Z",
  thumb: null,
};

const PRIVATE: Moderated = { ...IMAGE, visibility: "private", is_public: false };

async function open(onGone = () => {}) {
  server.use(http.get("*/api/v1/admin/images/:id", () => HttpResponse.json(IMAGE), { once: true }));
  const shown = show(<ContentDetail id={IMAGE.id} onGone={onGone} />);
  await screen.findByRole("heading", { name: IMAGE.title });
  return shown;
}

test("taking down says what happens, sends the reason, and shows the image as private", async () => {
  const shown = await open();
  const sent: unknown[] = [];
  server.use(
    http.post("*/api/v1/admin/images/:id/take-down", async ({ request }) => {
      sent.push(await request.json());
      return HttpResponse.json(PRIVATE);
    }),
    // Asked again, it is so still.
    http.get("*/api/v1/admin/images/:id", () => HttpResponse.json(PRIVATE)),
  );
  const { user } = shown;
  expect(screen.getByText("Public")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Take down" }));
  const question = await screen.findByRole("dialog", { name: "Take this image down?" });
  expect(question).toHaveTextContent("Its owner keeps it");
  expect(question).toHaveTextContent("its share links are gone");
  await user.type(within(question).getByLabelText("Reason"), "Shows a person.");
  expect(sent).toEqual([]);
  await user.click(within(question).getByRole("button", { name: "Take down" }));
  expect(await screen.findByText("Private")).toBeVisible();
  expect(sent).toEqual([{ reason: "Shows a person." }]);
});

test("nothing happens to an image where the question is answered with Cancel", async () => {
  const { user } = await open();
  await user.click(screen.getByRole("button", { name: "Take down" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Cancel" }));
  // Any request that is not expected here fails the test.
  expect(screen.getByText("Public")).toBeVisible();
});

test("deleting for good names the image and its owner, and closes what showed it", async () => {
  const onGone = vi.fn();
  server.use(http.delete("*/api/v1/admin/images/:id", () => new HttpResponse(null, { status: 204 })));
  const { user } = await open(onGone);
  await user.click(screen.getByRole("button", { name: "Delete" }));
  const question = await screen.findByRole("dialog", { name: "Delete this image for good?" });
  expect(question).toHaveTextContent(`“${IMAGE.title}” of owner@example.org is deleted`);
  await user.click(within(question).getByRole("button", { name: "Delete" }));
  await vi.waitFor(() => expect(onGone).toHaveBeenCalledOnce());
});
