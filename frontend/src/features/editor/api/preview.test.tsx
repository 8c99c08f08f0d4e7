import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook, waitFor } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import type { ReactNode } from "react";
import { beforeEach, expect, it, vi } from "vitest";
import { prepareClient } from "~/lib/api";
import { server } from "~/test/server";
import { usePreview } from "./preview";

/** Pictures under way, by their address: jsdom loads none. */
const underWay = new Map<string, Picture>();

class Picture {
  onload = () => {};
  onerror = () => {};
  address = "";
  set src(url: string) {
    this.address = url;
    underWay.set(url, this);
  }
  removeAttribute(): void {
    underWay.delete(this.address);
  }
}

beforeEach(() => {
  underWay.clear();
  vi.stubGlobal("Image", Picture);
  prepareClient();
  server.use(
    http.post<never, { recipes: string[] }>("*/api/v1/images/sign", async ({ request }) => {
      const { recipes } = await request.json();
      return HttpResponse.json(
        recipes.map((recipe) => ({ id: "1", recipe, url: `http://x/${recipe}`, expires_at: null })),
      );
    }),
  );
});

function follow(recipe: string) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  return renderHook((now: string) => usePreview({ imageId: "1", recipe: now, format: "webp" }), {
    wrapper,
    initialProps: recipe,
  });
}

async function arrives(recipe: string): Promise<void> {
  await waitFor(() => expect(underWay.has(`http://x/${recipe}`)).toBe(true));
  act(() => underWay.get(`http://x/${recipe}`)?.onload());
}

it("shows the former preview until the new one is there", async () => {
  const { result, rerender } = follow("w=1");
  await arrives("w=1");
  await waitFor(() => expect(result.current.data).toBe("http://x/w=1"));
  rerender("w=2");
  await waitFor(() => expect(underWay.has("http://x/w=2")).toBe(true));
  expect(result.current).toMatchObject({ data: "http://x/w=1", isFetching: true });
  await arrives("w=2");
  await waitFor(() => expect(result.current.data).toBe("http://x/w=2"));
});

it("calls off a preview that nobody waits for, so that a late one overwrites nothing", async () => {
  const { result, rerender } = follow("w=1");
  await waitFor(() => expect(underWay.has("http://x/w=1")).toBe(true));
  const late = underWay.get("http://x/w=1");
  rerender("w=2");
  await waitFor(() => expect(underWay.has("http://x/w=1")).toBe(false));
  await arrives("w=2");
  await waitFor(() => expect(result.current.data).toBe("http://x/w=2"));
  act(() => late?.onload());
  expect(result.current.data).toBe("http://x/w=2");
});

it("tells why an address shows no picture, as the address itself says it", async () => {
  server.use(
    http.get("http://x/w=1", () =>
      HttpResponse.json({ status: 503, detail: "Every renderer is busy." }, { status: 503 }),
    ),
  );
  const { result } = follow("w=1");
  await waitFor(() => expect(underWay.has("http://x/w=1")).toBe(true));
  act(() => underWay.get("http://x/w=1")?.onerror());
  await waitFor(() => expect(result.current.error?.message).toBe("Every renderer is busy."));
});
