import { Alert, Paper, Skeleton, Text } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type RefObject, useMemo, useRef } from "react";
import { Link, useSearchParams } from "react-router";
import type { GenerationLimits } from "~/client";
import { getImageOptions } from "~/client/@tanstack/react-query.gen";
import { LoadFailed } from "~/components/LoadFailed";
import { PageHeader } from "~/components/PageHeader";
import { isPaintedOffline, useCapabilities } from "~/lib/capabilities";
import { hasStatus } from "~/lib/problems";
import { History } from "./components/History";
import { OrderForm, type OrderFormHandle } from "./components/OrderForm";
import { RemixOf } from "./components/RemixOf";
import classes from "./GeneratePage.module.css";
import { wishOf } from "./wish";

/** Pictures from words: the form at one side, and at the other what has come of it. `?remix=` names a picture that is made once more. */
export function Component() {
  const capabilities = useCapabilities();
  const [parameters] = useSearchParams();
  const remixed = parameters.get("remix");
  const form = useRef<OrderFormHandle>(null);
  return (
    <>
      <PageHeader title="Generate" note="Describe a picture; it is yours, in your library." />
      {capabilities.features.generation && isPaintedOffline(capabilities) && <OfflineNote />}
      {capabilities.features.generation ? (
        <div className={classes.page}>
          <Paper withBorder p="md" className={classes.form}>
            {remixed === null ? (
              <OrderForm key="new" limits={capabilities.generation} former={undefined} handle={form} />
            ) : (
              <RemixForm key={remixed} imageId={remixed} limits={capabilities.generation} handle={form} />
            )}
          </Paper>
          <History onExample={(prompt) => form.current?.write(prompt)} />
        </div>
      ) : (
        <Alert color="gray" icon={<IconInfoCircle />}>
          Nothing is generated on this installation.
        </Alert>
      )}
    </>
  );
}

function OfflineNote() {
  return (
    <Alert variant="light" color="gray" icon={<IconInfoCircle />} mb="md" title="No model paints here">
      Hills and a sky are drawn from your words and the seed, and each picture says so. The operator can connect a
      model.
    </Alert>
  );
}

interface RemixProps {
  imageId: string;
  limits: GenerationLimits;
  handle: RefObject<OrderFormHandle | null>;
}

function RemixForm({ imageId, limits, handle }: RemixProps) {
  const { data: image, error, refetch } = useQuery(getImageOptions({ path: { image_id: imageId } }));
  const former = useMemo(() => image && { image, wish: wishOf(image, limits) }, [image, limits]);
  if (former?.image.prompt === null)
    return (
      <NotRemixable>Only a picture that was made from a prompt can be remixed, and that one was not.</NotRemixable>
    );
  if (former) {
    return (
      <>
        <RemixOf image={former.image} />
        <OrderForm limits={limits} former={former} handle={handle} />
      </>
    );
  }
  if (hasStatus(error, 404) || hasStatus(error, 422))
    return <NotRemixable>The picture to remix is not there any more.</NotRemixable>;
  if (error) return <LoadFailed error={error} what="The picture to remix" onRetry={() => void refetch()} />;
  return <Skeleton h={480} aria-busy aria-label="Loading" />;
}

function NotRemixable({ children }: { children: string }) {
  return (
    <Alert color="yellow" variant="light" icon={<IconInfoCircle />} role="alert">
      <Text size="sm">{children}</Text>
      <Link to="/generate">Generate a new one</Link>
    </Alert>
  );
}
