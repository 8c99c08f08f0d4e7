import { Button } from "@mantine/core";
import { Link } from "react-router";
import { useCapabilities } from "~/lib/capabilities";

export function SignInLinks() {
  const { features } = useCapabilities();
  return (
    <>
      <Button component={Link} to="/sign-in" variant="default" size="sm">
        Sign in
      </Button>
      {features.registration && (
        <Button component={Link} to="/register" size="sm" visibleFrom="xs">
          Register
        </Button>
      )}
    </>
  );
}
