import { screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import type { PublicImage } from "~/client";
import { session } from "~/lib/session";
import { server } from "~/test/server";
import { show } from "~/test/render";
import { Component as ExplorePage } from "./ExplorePage";
import { addressOfTag, galleryQueryIn, parametersOf } from "./galleryQuery";
import { Component as PublicImagePage } from "./PublicImagePage";

const ID = "01a2226b-ff59-70b8-ba7b-81c4d2c6aea8";

const IMAGE: PublicImage = {
  id: ID,
  status: "ready",
  title: "Picos de Europa",
  description: "Taken in May.",
  alt: "A snowy ridge",
  tags: ["golden gate"],
  width: 1600,
  height: 1000,
  thumbhash: null,
  dominant_color: "#5b7d9a",
  digital_source_type: "trainedAlgorithmicMedia",
  is_public: true,
  visibility: "public",
  variants: [],
  image: "/media/public/x",
  image_url: "http://localhost/media/public/x",
  links: { self: `/api/v1/images/public/${ID}`, thumb: null },
  user: { username: "maren" },
  uploaded_at: "2026-11-24T09:30:00.000000Z",
};

// Any request that has no handler here fails the test: a stranger asks for nothing but what is public.
describe("Explore, signed out", () => {
  it("searches by the address, and asks for it without a token", async () => {
    await session.resume();
    const asked: Request[] = [];
    server.use(
      http.get("*/api/v1/images/public", ({ request }) => {
        asked.push(request);
        return HttpResponse.json([]);
      }),
    );
    show(<ExplorePage />, { path: "/explore", at: "/explore?search=alps&sort=uploaded_at" });
    expect(await screen.findByText("Nothing found")).toBeInTheDocument();
    const [request] = asked;
    expect(new URL(request?.url ?? "").searchParams.get("search")).toBe("alps");
    expect(new URL(request?.url ?? "").searchParams.get("sort")).toBe("uploaded_at");
    expect(request?.headers.has("Authorization")).toBe(false);
    expect(document.title).toBe("Explore · Aizen");
  });

  it("leads to the sign-in where nothing is public", async () => {
    server.use(http.get("*/api/v1/images/public", () => HttpResponse.json([])));
    show(<ExplorePage />, { path: "/explore" });
    expect(await screen.findByRole("link", { name: "Sign in" })).toHaveAttribute("href", "/sign-in?to=/library");
  });

  it("shows a picture by its address as a page of its own, with no link to anybody's library", async () => {
    server.use(http.get(`*/api/v1/images/public/${ID}`, () => HttpResponse.json(IMAGE)));
    show(<PublicImagePage />, { path: "/explore/:imageId", at: `/explore/${ID}` });
    expect(await screen.findByRole("heading", { level: 1, name: "Picos de Europa" })).toBeInTheDocument();
    expect(screen.getByText("Made by an AI model")).toBeInTheDocument();
    expect(screen.getByRole("link", { name: "golden gate" })).toHaveAttribute("href", addressOfTag("golden gate"));
    expect(screen.queryByText("Open in your library")).toBeNull();
    expect(document.title).toBe("Picos de Europa · Aizen");
  });

  it("says of a withdrawn picture that it is not public any more", async () => {
    server.use(
      http.get(`*/api/v1/images/public/${ID}`, () =>
        HttpResponse.json({ status: 404, title: "Not Found", detail: "There is no such image." }, { status: 404 }),
      ),
    );
    show(<PublicImagePage />, { path: "/explore/:imageId", at: `/explore/${ID}` });
    expect(
      await screen.findByRole("heading", { level: 1, name: "This picture is not public any more" }),
    ).toBeInTheDocument();
  });
});

describe("the address of the gallery", () => {
  it("says no more than it has to, and is read as it was written", () => {
    expect(parametersOf({ search: " ", sort: "-uploaded_at" }).toString()).toBe("");
    const query = { search: 'tag:"golden gate"', sort: "uploaded_at" } as const;
    expect(galleryQueryIn(parametersOf(query))).toEqual(query);
  });

  it("puts a tag of several words between quotation marks", () => {
    expect(new URLSearchParams(addressOfTag("golden gate").split("?")[1]).get("search")).toBe('tag:"golden gate"');
    expect(new URLSearchParams(addressOfTag("alps").split("?")[1]).get("search")).toBe("tag:alps");
  });
});
