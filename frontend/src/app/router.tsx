import type { QueryClient } from "@tanstack/react-query";
import { type LoaderFunctionArgs, Outlet, createBrowserRouter, redirect } from "react-router";
import { showProfileOptions } from "~/client/@tanstack/react-query.gen";
import { type Ask, toldLater } from "~/lib/asking";
import { capabilities } from "~/lib/capabilities";
import { session } from "~/lib/session";
import { CrashPage } from "./CrashPage";
import { ForbiddenPage } from "./ForbiddenPage";
import { NotFoundPage } from "./NotFoundPage";
import { Splash } from "./Splash";
import { EntryLayout } from "./shell/EntryLayout";

/** Every screen at its address. None begins like an address of the API: those are Flask's (`aizen/web/frontend.py` has the same list). */
export function newRouter(queryClient: QueryClient) {
  const loadCapabilities = () => queryClient.query({ ...capabilities(), staleTime: "static" });
  const loadUser = () => queryClient.query({ ...showProfileOptions(), staleTime: "static" });

  // Before the browser is kept busy by the scripts of a screen, of which it fetches six at a time.
  session.resume().catch(toldLater);
  loadCapabilities().catch(toldLater);

  const asking =
    <Screen extends { ask: Ask }>(load: () => Promise<Screen>) =>
    async () => {
      const { ask, ...screen } = await load();
      const loader = ({ params, request }: LoaderFunctionArgs) => {
        ask(queryClient, { params, search: new URL(request.url).searchParams });
        return null;
      };
      return { ...screen, loader };
    };

  const start = async () => {
    await Promise.all([loadCapabilities(), session.resume()]);
    if (session.state === "signed-in") await loadUser();
    return null;
  };

  const requireUser = async ({ request }: LoaderFunctionArgs) => {
    await start();
    if (session.state !== "signed-in") throw redirect(`/sign-in?to=${encodeURIComponent(addressOf(request))}`);
    return null;
  };

  const requireAdmin = async (of: LoaderFunctionArgs) => {
    await requireUser(of);
    const user = await loadUser();
    if (user.role !== "admin") throw new Response("", { status: 403 });
    return null;
  };

  const router = createBrowserRouter([
    {
      loader: start,
      shouldRevalidate: () => true,
      ErrorBoundary: CrashPage,
      HydrateFallback: Splash,
      children: [
        {
          index: true,
          loader: async () => {
            await start();
            return redirect(session.state === "signed-in" ? "/library" : "/sign-in");
          },
        },
        {
          Component: EntryLayout,
          children: [
            { path: "setup", lazy: () => import("~/features/auth/SetupPage") },
            { path: "sign-in", lazy: () => import("~/features/auth/SignInPage") },
            { path: "register", lazy: () => import("~/features/auth/RegisterPage") },
            { path: "verify-email", lazy: () => import("~/features/auth/VerifyEmailPage") },
            { path: "forgot-password", lazy: () => import("~/features/auth/ForgotPasswordPage") },
            { path: "reset-password", lazy: () => import("~/features/auth/ResetPasswordPage") },
          ],
        },
        {
          lazy: () => import("./shell/Shell"),
          children: [
            {
              path: "explore",
              lazy: asking(() => import("~/features/explore/ExplorePage")),
              children: [{ path: ":imageId", lazy: asking(() => import("~/features/explore/PublicImagePage")) }],
            },
            {
              loader: requireUser,
              shouldRevalidate: () => true,
              Component: Outlet,
              ErrorBoundary: CrashPage,
              children: [
                {
                  path: "library",
                  lazy: asking(() => import("~/features/library/LibraryPage")),
                  children: [
                    { path: ":imageId", lazy: () => import("~/features/image/ImagePage") },
                    { path: ":imageId/edit", lazy: () => import("~/features/editor/EditorPage") },
                  ],
                },
                { path: "trash", lazy: () => import("~/features/trash/TrashPage") },
                { path: "generate", lazy: () => import("~/features/generate/GeneratePage") },
                {
                  path: "account",
                  lazy: () => import("~/features/account/AccountLayout"),
                  children: [
                    { index: true, lazy: () => import("~/features/account/ProfilePage") },
                    { path: "password", lazy: () => import("~/features/account/PasswordPage") },
                    { path: "sessions", lazy: () => import("~/features/account/SessionsPage") },
                    { path: "keys", lazy: () => import("~/features/account/KeysPage") },
                    { path: "close", lazy: () => import("~/features/account/ClosePage") },
                  ],
                },
                {
                  path: "admin",
                  loader: requireAdmin,
                  shouldRevalidate: () => true,
                  ErrorBoundary: ForbiddenPage,
                  lazy: () => import("~/features/admin/AdminLayout"),
                  children: [
                    { index: true, lazy: () => import("~/features/admin/OverviewPage") },
                    { path: "users", lazy: () => import("~/features/admin/UsersPage") },
                    { path: "content", lazy: () => import("~/features/admin/ContentPage") },
                    { path: "jobs", lazy: () => import("~/features/admin/JobsPage") },
                    { path: "integrity", lazy: () => import("~/features/admin/IntegrityPage") },
                    { path: "audit", lazy: () => import("~/features/admin/AuditPage") },
                    { path: "ai", lazy: () => import("~/features/admin/AiPage") },
                  ],
                },
              ],
            },
            { path: "*", Component: NotFoundPage },
          ],
        },
      ],
    },
  ]);
  // Whoever signs in or out, in this window or another, sees at once what is theirs to see.
  session.subscribe(() => {
    if (session.state === "signed-out")
      queryClient.removeQueries({ predicate: ({ meta }) => meta?.["isForEverybody"] !== true });
    void router.revalidate();
  });
  return router;
}

export type Router = ReturnType<typeof newRouter>;

function addressOf(request: Request): string {
  const { pathname, search, hash } = new URL(request.url);
  return pathname + search + hash;
}
