import { AppShell, Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Suspense, lazy, useMemo } from "react";
import { Outlet, ScrollRestoration, useNavigate, useNavigation } from "react-router";
import { UploadButton } from "~/features/upload/UploadButton";
import { UploadProvider } from "~/features/upload/UploadProvider";
import { useShortcuts } from "~/lib/shortcuts";
import { useSessionState } from "~/lib/user";
import { AccountMenu } from "./AccountMenu";
import { ColorSchemeButton } from "./ColorSchemeButton";
import { Logo } from "./Logo";
import { BottomBar, SideBar } from "./Navigation";
import { OfflineNotice } from "./OfflineNotice";
import classes from "./Shell.module.css";
import { SignInLinks } from "./SignInLinks";

const ShortcutsDialog = lazy(() => import("./ShortcutsDialog"));

/** What stands around every screen: where one is, where one can go, and what goes on in the background. */
export function Component() {
  const isSignedIn = useSessionState() === "signed-in";
  return isSignedIn ? (
    <UploadProvider>
      <Frame isSignedIn />
    </UploadProvider>
  ) : (
    <Frame isSignedIn={false} />
  );
}

function Frame({ isSignedIn }: { isSignedIn: boolean }) {
  const [isListing, listing] = useDisclosure(false);
  const navigate = useNavigate();
  useShortcuts(
    useMemo(
      () => [
        { keys: "?", does: "List the shortcuts", run: listing.open },
        ...(isSignedIn
          ? [
              { keys: "g l", does: "Go to the library", run: () => void navigate("/library") },
              { keys: "g n", does: "Go to Generate", run: () => void navigate("/generate") },
              { keys: "g t", does: "Go to the trash", run: () => void navigate("/trash") },
            ]
          : []),
        { keys: "g e", does: "Go to Explore", run: () => void navigate("/explore") },
      ],
      [isSignedIn, listing.open, navigate],
    ),
  );
  return (
    <AppShell
      header={{ height: 56 }}
      {...(isSignedIn && {
        navbar: { width: 216, breakpoint: "sm", collapsed: { mobile: true } },
        footer: { height: { base: 60, sm: 0 } },
      })}
      padding={{ base: "sm", sm: "lg" }}
    >
      <a href="#content" className="skip-link">
        Skip to the content
      </a>
      <AppShell.Header className={classes.header}>
        <NavigationProgress />
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Logo />
          <Group gap="xs" wrap="nowrap">
            {isSignedIn ? (
              <>
                <UploadButton />
                <AccountMenu onShortcuts={listing.open} />
              </>
            ) : (
              <>
                <ColorSchemeButton />
                <SignInLinks />
              </>
            )}
          </Group>
        </Group>
      </AppShell.Header>
      {isSignedIn && (
        <>
          <AppShell.Navbar p="sm" className={classes.navbar} visibleFrom="sm">
            <SideBar />
          </AppShell.Navbar>
          <AppShell.Footer hiddenFrom="sm">
            <BottomBar />
          </AppShell.Footer>
        </>
      )}
      <AppShell.Main id="content" tabIndex={-1} className={classes.main}>
        <OfflineNotice />
        <Outlet />
      </AppShell.Main>
      {isListing && (
        <Suspense fallback={null}>
          <ShortcutsDialog isOpen onClose={listing.close} />
        </Suspense>
      )}
      <ScrollRestoration getKey={({ pathname, key }) => scrollKey(pathname) ?? key} />
    </AppShell>
  );
}

/** An image opens over its list, which stays where it is: both have one position. */
function scrollKey(pathname: string): string | undefined {
  return /^\/(library|explore)\b/.exec(pathname)?.[0];
}

function NavigationProgress() {
  const isUnderWay = useNavigation().state !== "idle";
  return <div className={classes.progress} data-under-way={isUnderWay || undefined} aria-hidden />;
}
