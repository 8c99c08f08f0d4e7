import { screen, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { useState } from "react";
import { expect, it, vi } from "vitest";
import { server } from "~/test/server";
import { show } from "~/test/render";
import { ID, imageOf } from "../testing";
import { useTrash } from "./trashing";

const OTHER = "019ab1c2-7d3e-7f00-8a55-2f6d0c9b1e22";

function Page({ onGone }: { onGone: (id: string) => void }) {
  const [id, setId] = useState(ID);
  const trash = useTrash(id, () => onGone(id));
  return (
    <>
      <button onClick={() => trash.mutate(id)}>Delete</button>
      <button onClick={() => setId(OTHER)}>Next</button>
    </>
  );
}

function serve() {
  const state = { restored: [] as string[], answer: () => {} };
  const answered = new Promise<void>((resolve) => (state.answer = resolve));
  server.use(
    http.post("*/api/v1/images/:id/trash", async () => {
      await answered;
      return HttpResponse.json(imageOf({ trashed_at: "2026-11-24T10:00:00Z" }));
    }),
    http.post<{ id: string }>("*/api/v1/images/:id/restore", ({ params }) => {
      state.restored.push(params.id);
      return HttpResponse.json(imageOf());
    }),
  );
  return state;
}

it("restores the image that was deleted and turns no further, where somebody has turned to the next meanwhile", async () => {
  const api = serve();
  const onGone = vi.fn();
  const { user } = show(<Page onGone={onGone} />);
  await user.click(screen.getByRole("button", { name: "Delete" }));
  await user.click(screen.getByRole("button", { name: "Next" }));
  api.answer();
  await user.click(await screen.findByRole("button", { name: "Undo" }));
  await waitFor(() => expect(api.restored).toEqual([ID]));
  expect(onGone).not.toHaveBeenCalled();
});

it("turns further from the image that was deleted, where that is shown still", async () => {
  const api = serve();
  const onGone = vi.fn();
  const { user } = show(<Page onGone={onGone} />);
  await user.click(screen.getByRole("button", { name: "Delete" }));
  api.answer();
  await waitFor(() => expect(onGone).toHaveBeenCalledExactlyOnceWith(ID));
});
