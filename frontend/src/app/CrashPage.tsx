import { Button } from "@mantine/core";
import { isRouteErrorResponse, useRouteError } from "react-router";
import { ApiError, messageOf } from "~/lib/problems";
import { NotFoundPage } from "./NotFoundPage";
import { Notice } from "./Notice";

/** What the page could not deal with, with the request's id by which an operator finds it in the logs. */
export function CrashPage() {
  const error = useRouteError();
  if (isRouteErrorResponse(error) && error.status === 404) return <NotFoundPage />;
  const again = <Button onClick={() => window.location.reload()}>Try again</Button>;
  if (error instanceof ApiError && error.isTemporary)
    return (
      <Notice title="Aizen does not answer right now" action={again}>
        {messageOf(error)}
        <RequestId error={error} />
      </Notice>
    );
  return (
    <Notice title="Something went wrong" action={again}>
      Nothing that was saved is lost. If it happens again, tell whoever runs this installation.
      <RequestId error={error} />
    </Notice>
  );
}

function RequestId({ error }: { error: unknown }) {
  if (!(error instanceof ApiError) || error.requestId === undefined) return null;
  return (
    <div>
      Request <code>{error.requestId}</code>
    </div>
  );
}
