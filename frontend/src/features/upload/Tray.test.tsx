import { act, screen, within } from "@testing-library/react";
import { useSyncExternalStore } from "react";
import { describe, expect, it, vi } from "vitest";
import type { Capabilities, Image } from "~/client";
import { ApiError } from "~/lib/problems";
import { LIMITS, imageOf } from "~/test/answers";
import { show } from "~/test/render";
import { Tray } from "./components/Tray";
import { type Sender, type SenderEvents, type Sending, Uploads } from "./uploads";

const CAN: Pick<Capabilities, "limits" | "formats"> = {
  formats: { input: ["jpeg", "png"], output: [], animated: [], transparent: [] },
  limits: { ...LIMITS, image_bytes: 1000 },
};

function image(id: string, status: Image["status"], ai: Image["ai"]["status"]): Image {
  const any = imageOf({ id, status, file_name: `${id}.png` });
  return { ...any, ai: { ...any.ai, status: ai } };
}

const png = (name: string, size = 10) => new File(["x".repeat(size)], name, { type: "image/png" });

/** The tray over uploads whose sender does what the test says. */
async function opened(files: File[], { isFolder = false, unreadable = 0 } = {}) {
  URL.createObjectURL = () => "blob:picture";
  URL.revokeObjectURL = () => {};
  const sent: Sending[] = [];
  const told: { events?: SenderEvents } = {};
  const sender = { send: (all) => sent.push(...all), retry: vi.fn(), remove: vi.fn(), close: vi.fn() } satisfies Sender;
  const uploads = new Uploads({
    loadSender: () =>
      Promise.resolve((events) => {
        told.events = events;
        return sender;
      }),
    onNewImage: () => {},
  });
  const Shown = () => {
    const snapshot = useSyncExternalStore(uploads.subscribe, uploads.snapshot);
    return <Tray {...snapshot} actions={uploads} />;
  };
  const shown = show(<Shown />);
  await act(async () => {
    uploads.add(files, CAN, { isFolder, unreadable });
    await Promise.resolve();
  });
  return { ...shown, uploads, sent, sender, events: () => told.events };
}

const row = (name: string) => within(screen.getByText(name).closest("li") ?? document.body);
const keyOf = (sent: readonly Sending[], name: string) => sent.find(({ file }) => file.name === name)?.key ?? "";

describe("the tray", () => {
  it("says at once of each file that is none why, and sends the others", async () => {
    const { sent } = await opened([
      png("a.png"),
      png("big.png", 1001),
      new File(["x"], "b.txt", { type: "text/plain" }),
    ]);
    expect(sent.map(({ file }) => file.name)).toEqual(["a.png"]);
    expect(row("big.png").getByText(/an image may have/)).toBeInTheDocument();
    expect(row("b.txt").getByText("Only JPEG and PNG pictures are taken.")).toBeInTheDocument();
    expect(row("b.txt").queryByRole("button", { name: /Retry/ })).not.toBeInTheDocument();
  });

  it("takes of a folder the pictures alone, and says how many files it left", async () => {
    const { sent } = await opened([png("a.png"), new File(["x"], ".hidden"), new File(["x"], "b.txt")], {
      isFolder: true,
    });
    expect(sent).toHaveLength(1);
    expect(screen.getByText("2 files are no pictures and were left out.")).toBeInTheDocument();
  });

  it("says of a folder of which nothing could be read how much that is, until it is cleared", async () => {
    const { user } = await opened([], { isFolder: true, unreadable: 1 });
    expect(screen.getByRole("heading")).toHaveTextContent("Nothing to upload");
    expect(screen.getByText(/^1 file or folder could not be read and was left out\./)).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Clear finished" }));
    expect(screen.queryByRole("region", { name: "Uploads" })).not.toBeInTheDocument();
  });

  it("shows a file from its upload to its description", async () => {
    const { sent, events, uploads } = await opened([png("a.png")]);
    const key = keyOf(sent, "a.png");
    expect(row("a.png").getByText(/Waiting/)).toBeInTheDocument();
    act(() => events()?.onSending(key));
    act(() => events()?.onProgress(key, 5));
    expect(screen.getByRole("heading")).toHaveTextContent("Uploading 1 file – 50%");
    act(() => events()?.onDone(key, image("one", "processing", "pending"), false));
    expect(row("a.png").getByText("Being processed")).toBeInTheDocument();
    act(() => uploads.now([image("one", "ready", "working")]));
    expect(row("a.png").getByText("Being described")).toBeInTheDocument();
    act(() => uploads.now([image("one", "ready", "done")]));
    expect(row("a.png").getByText("Done")).toBeInTheDocument();
    expect(screen.getByRole("status")).toHaveTextContent("1 image done");
  });

  it("shows a refusal in the API's own words, and retries all that failed", async () => {
    const { sent, events, sender, user } = await opened([png("a.png"), png("b.png")]);
    for (const { key } of sent)
      act(() => events()?.onFailed(key, new ApiError({ detail: "Your quota is used up." }, { status: 413 })));
    expect(screen.getAllByText("Your quota is used up.")).toHaveLength(2);
    await user.click(screen.getByRole("button", { name: "Retry all failed" }));
    expect(sender.retry.mock.calls.flat()).toEqual(sent.map(({ key }) => key));
    expect(screen.queryByText("Your quota is used up.")).not.toBeInTheDocument();
  });

  it("says what is there already, opens it, or uploads it nevertheless", async () => {
    const { sent, events, user } = await opened([png("a.png")]);
    act(() => events()?.onDone(keyOf(sent, "a.png"), image("old", "ready", "done"), true));
    expect(row("a.png").getByText("You have this already.")).toBeInTheDocument();
    expect(screen.getByRole("link", { name: "Open it" })).toHaveAttribute("href", "/library/old");
    await user.click(screen.getByRole("button", { name: "Keep both" }));
    expect(sent.map(({ onDuplicate }) => onDuplicate)).toEqual(["return", "keep"]);
    expect(sent[1]?.key).not.toBe(sent[0]?.key);
  });

  it("counts what was there already apart from what was uploaded", async () => {
    const { sent, events } = await opened([png("a.png"), png("b.png")]);
    act(() => events()?.onDone(keyOf(sent, "a.png"), image("old", "ready", "done"), true));
    act(() => events()?.onDone(keyOf(sent, "b.png"), image("new", "ready", "done"), false));
    expect(screen.getByRole("heading")).toHaveTextContent(/^1 image uploaded$/);
    expect(screen.getByText("1 of 2 done, 1 was here already")).toBeInTheDocument();
    expect(screen.getByRole("status")).toHaveTextContent("1 image done, 1 was here already");
  });

  it("says of no image that it was uploaded where all were there already", async () => {
    const { sent, events, user } = await opened([png("a.png")]);
    act(() => events()?.onDone(keyOf(sent, "a.png"), image("old", "ready", "done"), true));
    expect(screen.getByRole("heading")).toHaveTextContent(/^1 image was here already$/);
    await user.click(screen.getByRole("button", { name: "Clear finished" }));
    expect(screen.queryByRole("region", { name: "Uploads" })).not.toBeInTheDocument();
  });

  it("cancels one and leaves the others", async () => {
    const { sent, sender, user } = await opened([png("a.png"), png("b.png")]);
    await user.click(screen.getByRole("button", { name: "Cancel a.png" }));
    expect(sender.remove).toHaveBeenCalledWith(keyOf(sent, "a.png"));
    expect(screen.queryByText("a.png")).not.toBeInTheDocument();
    expect(screen.getByText("b.png")).toBeInTheDocument();
  });

  it("says why nothing goes on for the moment", async () => {
    const { events } = await opened([png("a.png")]);
    act(() => events()?.onWaiting({ why: "Waiting for the connection" }));
    expect(screen.getByText("Waiting for the connection.")).toBeInTheDocument();
  });

  it("is gone when what is finished is cleared", async () => {
    const { sent, events, user } = await opened([png("a.png")]);
    act(() => events()?.onDone(keyOf(sent, "a.png"), image("one", "ready", "skipped"), false));
    await user.click(screen.getByRole("button", { name: "Clear finished" }));
    expect(screen.queryByRole("region", { name: "Uploads" })).not.toBeInTheDocument();
  });
});
