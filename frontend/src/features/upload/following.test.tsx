import { act, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, it } from "vitest";
import { server } from "~/test/server";
import { show } from "~/test/render";
import { useFollowing } from "./following";
import { Uploads } from "./uploads";

it("asks after each image that is not among the newest, though others before it stay unfinished", async () => {
  const ids = ["a", "b", "c", "d", "e", "f"];
  const asked = new Set<string>();
  server.use(
    http.get("*/api/v1/images", () => HttpResponse.json([])),
    http.get<{ id: string }>("*/api/v1/images/:id", ({ params: { id } }) => {
      asked.add(id);
      return HttpResponse.json({ id, status: "processing", ai: { status: "pending" } });
    }),
  );
  const uploads = new Uploads({ loadSender: () => new Promise(() => {}), onNewImage: () => {} });
  const Follows = () => {
    useFollowing(uploads, ids);
    return null;
  };
  const { queryClient } = show(<Follows />);
  await waitFor(() => expect(asked.size).toBe(4));
  await act(() => queryClient.refetchQueries({ queryKey: ["uploads", "followed"] }));
  expect([...asked].sort()).toEqual(ids);
});
