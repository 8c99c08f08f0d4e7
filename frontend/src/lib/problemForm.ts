/** Forms whose refusals by the API stand beside the field that they are about. */
import { type UseFormInput, type UseFormReturnType, useForm } from "@mantine/form";
import { useState } from "react";
import { plural } from "./format";
import { ApiError, fieldErrors, messageOf } from "./problems";

export interface ProblemForm<Values extends Record<string, unknown>> {
  form: UseFormReturnType<Values>;
  /** What was refused and is about no field of the form. */
  problem: string | undefined;
  isSending: boolean;
  onSubmit: (event?: React.SyntheticEvent<HTMLFormElement>) => void;
}

/**
 * A Mantine form that `send` takes: while it is under way `isSending`, and afterwards each refusal is where it belongs, the focus on the
 * first of them. The form's fields are in the document in the order of `initialValues`.
 */
export function useProblemForm<Values extends Record<string, unknown>>(
  options: UseFormInput<Values> & { initialValues: Values },
  send: (values: Values, form: UseFormReturnType<Values>) => Promise<unknown>,
): ProblemForm<Values> {
  const form = useForm<Values>({ mode: "uncontrolled", ...options });
  const [problem, setProblem] = useState<string>();
  const [isSending, setSending] = useState(false);
  const names = Object.keys(options.initialValues);

  const focusFirst = (wrong: Record<string, unknown>) => {
    const first = names.find((name) => name in wrong);
    if (first !== undefined) focusInput(form.getInputNode(first));
  };

  const show = (error: unknown) => {
    const refused = Object.entries(fieldErrors(error));
    const known = Object.fromEntries(refused.filter(([name]) => names.includes(name)));
    const others = refused.filter(([name]) => !names.includes(name)).map(([, detail]) => detail);
    for (const [name, detail] of Object.entries(known)) form.setFieldError(name, detail);
    if (Object.keys(known).length === 0 || others.length > 0) setProblem(others.join(" ") || reasonOf(error));
    focusFirst(known);
  };

  const onSubmit = form.onSubmit((values) => {
    if (isSending) return;
    setProblem(undefined);
    setSending(true);
    send(values, form)
      .catch(show)
      .finally(() => {
        setSending(false);
      });
  }, focusFirst);

  return { form, problem, isSending, onSubmit };
}

/** The field itself, or the first input of a group of them. */
function focusInput(node: HTMLElement | null): void {
  const input = node?.matches("input, textarea, select, button")
    ? node
    : node?.querySelector<HTMLElement>("input, textarea, select, button");
  input?.focus();
}

/** The API tells the wait in seconds, of which there may be thousands. */
function reasonOf(error: unknown): string {
  if (!(error instanceof ApiError) || error.status !== 429 || error.retryAfter === undefined) return messageOf(error);
  const { retryAfter: seconds } = error;
  const wait = seconds < 120 ? plural(seconds, "second") : plural(Math.ceil(seconds / 60), "minute");
  return `Too many tries. Try again in ${wait}.`;
}
