import { TextInput } from "@mantine/core";
import { screen, waitFor } from "@testing-library/react";
import { expect, it, vi } from "vitest";
import { show } from "~/test/render";
import { useProblemForm } from "./problemForm";
import { ApiError } from "./problems";

function refusal(errors: { pointer: string; code: string; detail: string }[], status = 422, retryAfter?: number) {
  return new ApiError(
    { code: "invalid", detail: "Some fields cannot be accepted.", errors },
    { status, ...(retryAfter !== undefined && { retryAfter }) },
  );
}

function Form({ send }: { send: (values: { email: string; name: string }) => Promise<unknown> }) {
  const { form, problem, isSending, onSubmit } = useProblemForm({ initialValues: { email: "", name: "" } }, send);
  return (
    <form onSubmit={onSubmit}>
      <p role="alert">{problem}</p>
      <TextInput label="E-mail" key={form.key("email")} {...form.getInputProps("email")} />
      <TextInput label="Name" key={form.key("name")} {...form.getInputProps("name")} />
      <button type="submit">{isSending ? "Sending" : "Send"}</button>
    </form>
  );
}

it("puts each refusal at its field, and the focus on the first of them", async () => {
  const { user } = show(
    <Form
      send={() =>
        Promise.reject(
          refusal([
            { pointer: "/name", code: "taken", detail: "Somebody has it." },
            { pointer: "/email", code: "not_an_email", detail: "Must be an e-mail address." },
          ]),
        )
      }
    />,
  );
  await user.click(screen.getByRole("button"));
  const email = screen.getByLabelText("E-mail");
  await waitFor(() => expect(email).toHaveAccessibleDescription("Must be an e-mail address."));
  expect(screen.getByLabelText("Name")).toHaveAccessibleDescription("Somebody has it.");
  expect(email).toHaveFocus();
  expect(screen.getByRole("alert")).toBeEmptyDOMElement();
});

it("says beside the form what is about none of its fields", async () => {
  const { user } = show(
    <Form
      send={() => Promise.reject(refusal([{ pointer: "/token", code: "token_not_valid", detail: "The link is old." }]))}
    />,
  );
  await user.click(screen.getByRole("button"));
  expect(await screen.findByText("The link is old.")).toBe(screen.getByRole("alert"));
});

it.each([
  [37, "Too many tries. Try again in 37 seconds."],
  [1500, "Too many tries. Try again in 25 minutes."],
])("tells how long to wait: %s seconds", async (seconds, told) => {
  const { user } = show(<Form send={() => Promise.reject(refusal([], 429, seconds))} />);
  await user.click(screen.getByRole("button"));
  expect(await screen.findByText(told)).toBeVisible();
});

it("sends once, however often Enter is pressed, and forgets the refusal before the next try", async () => {
  const refuse: ((error: unknown) => void)[] = [];
  const send = vi.fn(() => new Promise((_resolve, reject) => refuse.push(reject)));
  const { user } = show(<Form send={send} />);
  await user.type(screen.getByLabelText("Name"), "Ada{Enter}{Enter}");
  expect(send).toHaveBeenCalledOnce();
  refuse[0]?.(refusal([]));
  expect(await screen.findByText("Some fields cannot be accepted.")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Send" }));
  expect(send).toHaveBeenCalledTimes(2);
  expect(screen.queryByText("Some fields cannot be accepted.")).toBeNull();
});
