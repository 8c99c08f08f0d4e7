import { HttpResponse, delay, http } from "msw";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { server } from "~/test/server";
import type * as Session from "./session";

const IMAGES = "http://localhost:3000/api/v1/images";
const REFRESH = "*/api/v1/auth/token/refresh";
const REMEMBERED = "aizen.signed-in";

/** The module, and the module whose classes it throws, as a page that was just loaded has them. */
async function loaded() {
  vi.resetModules();
  const [session, problems] = await Promise.all([import("./session"), import("./problems")]);
  return { ...session, ...problems };
}

function tokens(access: string, expires_in = 300) {
  return { access, expires_in, token_type: "Bearer" };
}

function problem(status: number, code: string) {
  const body = {
    type: "about:blank",
    title: "No",
    status,
    detail: `No: ${code}.`,
    instance: "/",
    code,
    request_id: "r",
  };
  return HttpResponse.json(body, { status });
}

/** The images are for who has that access token; the answer tells which tokens were sent. */
function imagesFor(access: string): string[] {
  const sent: string[] = [];
  server.use(
    http.get(IMAGES, ({ request }) => {
      sent.push(request.headers.get("Authorization") ?? "");
      return sent.at(-1) === `Bearer ${access}` ? HttpResponse.json([]) : problem(401, "token_expired");
    }),
  );
  return sent;
}

/** How often a renewal was asked for, which is answered by `answer`. */
function renewals(answer: (times: number) => Response): { times: number } {
  const asked = { times: 0 };
  server.use(
    http.post(REFRESH, async () => {
      asked.times += 1;
      await delay(20);
      return answer(asked.times);
    }),
  );
  return asked;
}

describe("session", () => {
  let module: typeof Session & Awaited<ReturnType<typeof loaded>>;
  beforeEach(async () => {
    module = await loaded();
  });

  it("asks for no tokens where nobody has signed in before", async () => {
    expect(await module.session.resume()).toBe("signed-out");
  });

  it("takes up the session that a window before has left", async () => {
    localStorage.setItem(REMEMBERED, "yes");
    renewals(() => HttpResponse.json(tokens("a1")));
    expect(await module.session.resume()).toBe("signed-in");
    expect(await module.accessToken()).toBe("a1");
  });

  it("renews once for requests that need a token at one time", async () => {
    localStorage.setItem(REMEMBERED, "yes");
    const asked = renewals((times) => HttpResponse.json(tokens(`a${times}`)));
    const sent = imagesFor("a1");
    const answers = await Promise.all([1, 2, 3].map(() => module.fetchSignedIn(IMAGES)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(asked.times).toBe(1);
    expect(sent).toHaveLength(3);
  });

  it("renews a token before it ends", async () => {
    const asked = renewals(() => HttpResponse.json(tokens("a2")));
    module.session.begin(tokens("a1", 20));
    expect(await module.accessToken()).toBe("a2");
    expect(asked.times).toBe(1);
  });

  it("sends a refused request once more with a new token, body included", async () => {
    renewals(() => HttpResponse.json(tokens("a2")));
    const bodies: unknown[] = [];
    server.use(
      http.post(IMAGES, async ({ request }) => {
        bodies.push(await request.json());
        return request.headers.get("Authorization") === "Bearer a2"
          ? HttpResponse.json({}, { status: 201 })
          : problem(401, "token_expired");
      }),
    );
    module.session.begin(tokens("a1"));
    const answer = await module.fetchSignedIn(IMAGES, { method: "POST", body: JSON.stringify({ title: "Reed" }) });
    expect(answer.status).toBe(201);
    expect(bodies).toEqual([{ title: "Reed" }, { title: "Reed" }]);
  });

  it("does not try a third time", async () => {
    renewals(() => HttpResponse.json(tokens("a2")));
    const sent = imagesFor("none is good");
    module.session.begin(tokens("a1"));
    expect((await module.fetchSignedIn(IMAGES)).status).toBe(401);
    expect(sent).toEqual(["Bearer a1", "Bearer a2"]);
    expect(module.session.state).toBe("signed-in");
  });

  it("ends when the renewal is refused, and hands over the first answer", async () => {
    renewals(() => problem(401, "session_ended"));
    imagesFor("none is good");
    module.session.begin(tokens("a1"));
    expect((await module.fetchSignedIn(IMAGES)).status).toBe(401);
    expect(module.session.state).toBe("signed-out");
    expect(localStorage.getItem(REMEMBERED)).toBeNull();
  });

  it.each([429, 503])(
    "does not end when the renewal is answered %s, and says so instead of asking without a token",
    async (status) => {
      renewals((times) => (times === 1 ? problem(status, "unavailable") : HttpResponse.json(tokens("a2"))));
      const sent = imagesFor("a2");
      module.session.begin(tokens("a1", 1));
      await expect(module.fetchSignedIn(IMAGES)).rejects.toMatchObject({ name: "ApiError", status, isTemporary: true });
      expect(sent).toEqual([]);
      expect(module.session.state).toBe("signed-in");
      expect((await module.fetchSignedIn(IMAGES)).status).toBe(200);
    },
  );

  it("stays unknown when the server is out of reach as the page is loaded", async () => {
    localStorage.setItem(REMEMBERED, "yes");
    server.use(http.post(REFRESH, () => HttpResponse.error()));
    await expect(module.session.resume()).rejects.toMatchObject({ code: "offline", status: 0 });
    expect(module.session.state).toBe("unknown");
    expect(localStorage.getItem(REMEMBERED)).not.toBeNull();
  });

  it("tells that the user before is gone when somebody else signs in", () => {
    const states: string[] = [];
    module.session.begin(tokens("a1"));
    module.session.subscribe(() => states.push(module.session.state));
    module.session.begin(tokens("b1"));
    expect(states).toEqual(["signed-out", "signed-in"]);
  });

  it("ends and begins with the other windows of the browser", async () => {
    renewals(() => HttpResponse.json(tokens("b1")));
    module.session.begin(tokens("a1"));
    window.dispatchEvent(new StorageEvent("storage", { key: REMEMBERED, newValue: null }));
    expect(module.session.state).toBe("signed-out");
    window.dispatchEvent(new StorageEvent("storage", { key: REMEMBERED, newValue: "yes" }));
    await vi.waitFor(() => expect(module.session.state).toBe("signed-in"));
    expect(await module.accessToken()).toBe("b1");
  });
});
