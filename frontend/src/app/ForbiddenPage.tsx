import { isRouteErrorResponse, useRouteError } from "react-router";
import { CrashPage } from "./CrashPage";
import { Notice } from "./Notice";

export function ForbiddenPage() {
  const error = useRouteError();
  if (!isRouteErrorResponse(error) || error.status !== 403) return <CrashPage />;
  return (
    <Notice title="This is for administrators">
      Your account may not open this page. An administrator can change that.
    </Notice>
  );
}
