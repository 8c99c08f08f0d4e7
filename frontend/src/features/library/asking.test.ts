import { http, HttpResponse } from "msw";
import { afterEach, expect, it } from "vitest";
import { newQueryClient, prepareClient } from "~/lib/api";
import { session } from "~/lib/session";
import { server } from "~/test/server";
import { ask } from "./LibraryPage";

const HERE = { params: {}, search: new URLSearchParams("search=harbour&sort=uploaded_at") };

function countsRequests(): URL[] {
  const asked: URL[] = [];
  server.use(
    http.get("*/api/v1/images", ({ request }) => {
      asked.push(new URL(request.url));
      return HttpResponse.json([], { headers: { "X-Total-Count": "0" } });
    }),
  );
  return asked;
}

afterEach(() => session.end());

it("asks for what the address shows before the screen is drawn, and once", async () => {
  prepareClient();
  session.begin({ access: "token", expires_in: 900 });
  const asked = countsRequests();
  const client = newQueryClient();
  ask(client, HERE);
  ask(client, HERE);
  await expect.poll(() => client.isFetching() === 0 && asked.length > 0).toBe(true);
  expect(asked.map(({ search }) => search)).toEqual(["?sort=uploaded_at&search=harbour&limit=100&include=total"]);
});

it("asks nothing where nobody is signed in", async () => {
  prepareClient();
  session.end();
  const asked = countsRequests();
  const client = newQueryClient();
  ask(client, HERE);
  await session.resume();
  expect(client.isFetching()).toBe(0);
  expect(asked).toEqual([]);
});
