import { Alert, Button, Center, SimpleGrid, Skeleton, Stack, Title } from "@mantine/core";
import { IconSparkles } from "@tabler/icons-react";
import { EmptyState } from "~/components/EmptyState";
import { LoadFailed } from "~/components/LoadFailed";
import { itemsOf } from "~/lib/pages";
import { messageOf } from "~/lib/problems";
import { useHistory } from "../api/history";
import { isUnsettled } from "../stage";
import { GeneratedCard } from "./GeneratedCard";

const EXAMPLES = [
  "A quiet river at dusk, in the manner of a woodcut",
  "A lighthouse on a cliff in a storm, oil on canvas",
  "A bowl of oranges on a blue cloth, soft morning light",
] as const;

/** A long one has lines, and is not cut. */
const EXAMPLE = { label: { whiteSpace: "normal", height: "auto", overflow: "visible" } } as const;

const COLUMNS = { base: 1, xs: 2, xl: 3 };

/** All that was generated, the newest first; what is not there yet shows how far it is. */
export function History({ onExample }: { onExample: (prompt: string) => void }) {
  const history = useHistory();
  const images = itemsOf(history.data);
  // The oldest of them is painted first.
  const next = images.findLast(isUnsettled);
  return (
    <section aria-labelledby="history">
      <Title order={2} size="h4" mb="sm" id="history">
        History
      </Title>
      {history.isPending ? (
        <Loading />
      ) : history.isError && images.length === 0 ? (
        <LoadFailed error={history.error} what="What you have generated" onRetry={() => void history.refetch()} />
      ) : images.length === 0 ? (
        <Empty onExample={onExample} />
      ) : (
        <>
          <SimpleGrid cols={COLUMNS} spacing="md">
            {images.map((image) => (
              <GeneratedCard
                key={image.id}
                image={image}
                parent={image.parent_id === null ? undefined : images.find(({ id }) => id === image.parent_id)}
                isNext={image.id === next?.id}
              />
            ))}
          </SimpleGrid>
          {history.isFetchNextPageError && (
            <Alert color="red" variant="light" mt="md" role="alert">
              {messageOf(history.error)}
            </Alert>
          )}
          {history.hasNextPage && (
            <Center mt="lg">
              <Button
                variant="default"
                loading={history.isFetchingNextPage}
                onClick={() => void history.fetchNextPage()}
              >
                Show older pictures
              </Button>
            </Center>
          )}
        </>
      )}
    </section>
  );
}

function Empty({ onExample }: { onExample: (prompt: string) => void }) {
  return (
    <EmptyState
      icon={<IconSparkles size={28} />}
      title="Nothing generated yet"
      action={
        <Stack gap="xs" align="center">
          {EXAMPLES.map((prompt) => (
            <Button
              key={prompt}
              variant="default"
              size="sm"
              fw={400}
              h="auto"
              py={8}
              styles={EXAMPLE}
              onClick={() => onExample(prompt)}
            >
              {prompt}
            </Button>
          ))}
        </Stack>
      }
    >
      Describe a picture, and it appears here and in your library. Or begin with one of these:
    </EmptyState>
  );
}

function Loading() {
  return (
    <SimpleGrid cols={COLUMNS} spacing="md" aria-busy aria-label="Loading">
      {Array.from({ length: 6 }, (_, index) => (
        <Skeleton key={index} h={380} />
      ))}
    </SimpleGrid>
  );
}
