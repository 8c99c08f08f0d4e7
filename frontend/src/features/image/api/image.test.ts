import { QueryClient } from "@tanstack/react-query";
import { HttpResponse, http } from "msw";
import { expect, it } from "vitest";
import { prepareClient } from "~/lib/api";
import { imageChanged } from "~/lib/images";
import { server } from "~/test/server";
import { ID, imageOf } from "../testing";
import { imageOptions, rememberVersion, reread, versionOf } from "./image";

it("does not take back a saved change by an answer that was under way before", async () => {
  prepareClient();
  const client = new QueryClient();
  let answer = () => {};
  const answered = new Promise<void>((resolve) => (answer = resolve));
  const asked = new Promise<void>((resolve) =>
    server.use(
      http.get(`*/api/v1/images/${ID}`, async () => {
        resolve();
        await answered;
        return HttpResponse.json(imageOf({ title: "Old" }), { headers: { ETag: '"1-a"' } });
      }),
    ),
  );
  client.setQueryData(imageOptions(ID).queryKey, imageOf({ title: "Old" }));
  const read = reread(client, ID);
  await asked;
  rememberVersion(ID, new Response(null, { headers: { ETag: '"2-a"' } }));
  imageChanged(client, imageOf({ title: "New" }));
  answer();
  // Whoever waits for the older answer gets the newer image.
  expect((await read).title).toBe("New");
  expect(client.getQueryData(imageOptions(ID).queryKey)?.title).toBe("New");
  expect(versionOf(ID)).toBe('"2-a"');
});
