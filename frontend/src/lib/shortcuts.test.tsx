import { Modal } from "@mantine/core";
import { screen } from "@testing-library/react";
import { useMemo, useRef } from "react";
import { expect, it, vi } from "vitest";
import { show } from "~/test/render";
import { useEscape, useShortcuts } from "./shortcuts";

interface Heard {
  page: () => void;
  panel: () => void;
}

/** A page, a panel that lies over it, and a question that lies over the panel. */
function Page({ page, panel, isAsking = false }: Heard & { isAsking?: boolean }) {
  const content = useRef<HTMLParagraphElement>(null);
  const shortcuts = useMemo(() => [{ keys: "mod+s", does: "Save", run: page, inFields: true }], [page]);
  useShortcuts(shortcuts);
  useEscape(true, content, panel);
  return (
    <>
      <input aria-label="On the page" />
      <Modal opened onClose={() => undefined} closeOnEscape={false} trapFocus={false} title="Panel">
        <p ref={content}>Panel</p>
        <input aria-label="In the panel" />
      </Modal>
      <Modal opened={isAsking} onClose={() => undefined} trapFocus={false} title="Question">
        <input aria-label="In the question" />
      </Modal>
    </>
  );
}

function heard(): Heard {
  return { page: vi.fn(), panel: vi.fn() };
}

it("closes the panel by Escape, also in a field of it and where the focus was lost", async () => {
  const { page, panel } = heard();
  const { user } = show(<Page page={page} panel={panel} />);
  await user.click(screen.getByLabelText("In the panel"));
  await user.keyboard("{Escape}");
  expect(panel).toHaveBeenCalledOnce();
  screen.getByLabelText("In the panel").blur();
  await user.keyboard("{Escape}");
  expect(panel).toHaveBeenCalledTimes(2);
});

it("closes nothing beneath by Escape in a question", async () => {
  const { page, panel } = heard();
  const { user } = show(<Page page={page} panel={panel} isAsking />);
  screen.getByLabelText("In the question").focus();
  await user.keyboard("{Escape}");
  expect(panel).not.toHaveBeenCalled();
});

it("keeps from the page what is pressed in a dialog, also in one of its fields", async () => {
  const { page, panel } = heard();
  const { user } = show(<Page page={page} panel={panel} />);
  screen.getByLabelText("In the panel").focus();
  await user.keyboard("{Control>}s{/Control}");
  expect(page).not.toHaveBeenCalled();
  screen.getByLabelText("On the page").focus();
  await user.keyboard("{Control>}s{/Control}");
  expect(page).toHaveBeenCalledOnce();
});
