import { Button, Stack } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import { FormProblem } from "~/components/FormProblem";
import type { ProblemForm } from "~/lib/problemForm";

interface Props extends Pick<ProblemForm<Record<string, unknown>>, "problem" | "isSending" | "onSubmit"> {
  button: string;
  children: ReactNode;
}

/** The one form of a page, which is what one comes for: the focus is on its first field. */
export function EntryForm({ button, children, problem, isSending, onSubmit }: Props) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector("input")?.focus(), []);
  return (
    <form ref={form} onSubmit={onSubmit}>
      <Stack>
        <FormProblem problem={problem} />
        {children}
        <Button type="submit" loading={isSending} fullWidth>
          {button}
        </Button>
      </Stack>
    </form>
  );
}
