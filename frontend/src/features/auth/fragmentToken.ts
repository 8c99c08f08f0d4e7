import { useEffect, useState } from "react";
import { useLocation, useNavigate } from "react-router";

/**
 * The secret of a link, which stands behind `#token=` so that it is sent to no server. It is taken out of the address bar, and of the history,
 * as soon as it is read; a second link that is opened in the same window takes its place.
 */
export function useFragmentToken(): string | undefined {
  const { pathname, search, hash } = useLocation();
  const navigate = useNavigate();
  const found = new URLSearchParams(hash.slice(1)).get("token") || undefined;
  const [token, setToken] = useState(found);
  if (found !== undefined && found !== token) setToken(found);
  useEffect(() => {
    if (found !== undefined) void navigate({ pathname, search }, { replace: true });
  }, [found, navigate, pathname, search]);
  return token;
}
