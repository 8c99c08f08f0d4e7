import { Center, Loader, VisuallyHidden } from "@mantine/core";

/** Shown until it is known who is signed in and what this installation can do. */
export function Splash() {
  return (
    <Center mih="100vh" role="status">
      <Loader size="sm" type="dots" aria-hidden />
      <VisuallyHidden>Loading</VisuallyHidden>
    </Center>
  );
}
