import { screen, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import type { Link, LinkRequest } from "~/client";
import { server } from "~/test/server";
import { show } from "~/test/render";
import { ID } from "../testing";
import { LinkForm } from "./LinkForm";
import { LinkList } from "./LinkList";
import { CUSTOM, requestOf, untilError } from "./linkRequest";
import { stateOf } from "./links";
import { isUntold } from "./Visibility";

const LINKS = `*/api/v1/images/${ID}/links`;
const NOW = Date.parse("2026-11-24T09:30:00Z");

function linkOf(changes: Partial<Link> = {}): Link {
  return {
    id: "019ab1d0-41aa-7c10-9b3e-5a7f1c2d3e44",
    slug: "4q7v0n2kzc9tq1m8x5ehr3wdga",
    url: "http://localhost:8000/s/4q7v0n2kzc9tq1m8x5ehr3wdga",
    expires_at: new Date(Date.now() + 604_800_000).toISOString(),
    has_password: false,
    max_views: null,
    views: 0,
    created_at: "2026-11-24T09:30:00.000000Z",
    ...changes,
  };
}

describe("making a link", () => {
  it("asks for what the form says, and shows the address that came of it", async () => {
    const sent: LinkRequest[] = [];
    server.use(
      http.post<never, LinkRequest>(LINKS, async ({ request }) => {
        sent.push(await request.json());
        return HttpResponse.json(linkOf({ has_password: true, max_views: 20 }), { status: 201 });
      }),
    );
    const { user } = show(<LinkForm imageId={ID} />);
    await user.type(screen.getByLabelText("Password"), "blue heron");
    await user.type(screen.getByLabelText("Most views"), "20");
    await user.click(screen.getByRole("button", { name: "Make a link" }));
    expect(await screen.findByLabelText("The new link")).toHaveValue(linkOf().url);
    expect(sent).toEqual([{ expires_in: 604_800, password: "blue heron", max_views: 20 }]);
    expect(screen.getByLabelText("Password")).toHaveValue("");
  });

  it("says beside the field what the API refuses", async () => {
    server.use(
      http.post(LINKS, () =>
        HttpResponse.json(
          {
            type: "about:blank",
            status: 422,
            title: "Not valid",
            code: "invalid",
            detail: "Some fields are not valid.",
            errors: [{ pointer: "/max_views", code: "too_large", detail: "At most 1000000." }],
          },
          { status: 422, headers: { "Content-Type": "application/problem+json" } },
        ),
      ),
    );
    const { user } = show(<LinkForm imageId={ID} />);
    await user.click(screen.getByRole("button", { name: "Make a link" }));
    expect(await screen.findByText("At most 1000000.")).toBeVisible();
    expect(screen.getByLabelText("Most views")).toBeInvalid();
  });

  it("counts a time of one's choice in seconds from now, and takes none that is over", () => {
    const values = { expires_in: CUSTOM, until: "", password: "", max_views: "" };
    const inAnHour = new Date(NOW + 3_600_000 - new Date(NOW).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
    expect(requestOf({ ...values, until: inAnHour }, NOW)).toEqual({ expires_in: 3600 });
    expect(untilError({ ...values, until: inAnHour }, NOW)).toBeNull();
    expect(untilError({ ...values, until: inAnHour }, NOW + 7_200_000)).toBe("Choose a time that is still to come.");
    expect(untilError(values, NOW)).toBe("Choose a day and a time.");
    expect(untilError({ ...values, expires_in: "60" }, NOW)).toBeNull();
  });
});

describe("a link", () => {
  it("has ended with its time or with its last view", () => {
    const link = linkOf({ expires_at: "2026-11-25T09:30:00.000000Z", max_views: 2 });
    expect(stateOf(link, NOW)).toBe("open");
    expect(stateOf({ ...link, views: 2 }, NOW)).toBe("used up");
    expect(stateOf(link, NOW + 86_400_000)).toBe("expired");
  });

  it("is revoked only after a question", async () => {
    let links = [linkOf({ views: 3, max_views: 20, has_password: true })];
    server.use(
      http.get(LINKS, () => HttpResponse.json(links)),
      http.delete("*/api/v1/links/:id", () => {
        links = [];
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { user } = show(<LinkList imageId={ID} />);
    expect(await screen.findByText(/3 of 20 views/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Revoke" }));
    expect(links).toHaveLength(1);
    const buttons = await screen.findAllByRole("button", { name: "Revoke" });
    const confirm = buttons.find((button) => button.closest('[role="dialog"]') !== null);
    await user.click(confirm ?? document.body);
    await waitFor(() => expect(screen.getByText(/There is none yet/)).toBeVisible());
  });
});

it("warns of a picture that others see while nobody has said what it shows", () => {
  expect(isUntold({ visibility: "public", alt_status: "suggested" })).toBe(true);
  expect(isUntold({ visibility: "unlisted", alt_status: "missing" })).toBe(true);
  expect(isUntold({ visibility: "public", alt_status: "decorative" })).toBe(false);
  expect(isUntold({ visibility: "private", alt_status: "missing" })).toBe(false);
});
