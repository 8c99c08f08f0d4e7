import { Group, Text } from "@mantine/core";
import { Mark } from "./components/Mark";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconPhoto } from "@tabler/icons-react";
import { Link } from "react-router";
import type { Moderated } from "~/client";
import { EmptyState } from "~/components/EmptyState";
import { Picture } from "~/components/Picture";
import { SearchField } from "~/components/SearchField";
import { day } from "~/lib/format";
import { altOf, nameOf } from "~/lib/images";
import { fieldErrors } from "~/lib/problems";
import classes from "./ContentPage.module.css";
import * as lists from "./api/lists";
import { ContentDetail } from "./components/ContentDetail";
import { Choice, FilterBar } from "./components/FilterBar";
import { Listing } from "./components/Listing";
import { Section } from "./components/Section";
import { Side } from "./components/Side";
import { UserPicker } from "./components/UserPicker";
import { type Filters, idOf, oneOf, useFilters } from "./filters";
import { STATUSES, VISIBILITIES } from "./content";

const PLACES = { false: "Not in the trash", true: "In the trash" } as const;

/** Everybody's images; one of them opens beside the list. */
export function Component() {
  const filters = useFilters();
  const owner = idOf(filters.get("owner"));
  const search = filters.get("search");
  const status = oneOf(filters.get("status"), ["ready", "processing", "generating", "failed"]);
  const visibility = oneOf(filters.get("visibility"), ["private", "unlisted", "public"]);
  const trashed = oneOf(filters.get("trashed"), ["true", "false"]);
  const query = useInfiniteQuery(
    lists.images({ owner, search, status, visibility, trashed: trashed && trashed === "true" }),
  );
  // Words can be searched for only in one owner's images: the API says so, and it is said where they were written.
  const refused = fieldErrors(query.error);
  const isRefused = refused["search"] !== undefined || refused["owner"] !== undefined;
  const open = idOf(filters.get("image"));
  return (
    <Section title="Content" note="Everybody’s images, the newest first. Originals stay their owners’ alone.">
      <FilterBar>
        <UserPicker
          label="Owner"
          placeholder="Anybody"
          value={owner}
          onChange={(id) => filters.set({ owner: id })}
          error={refused["owner"]}
        />
        <SearchField
          label="Search"
          placeholder={owner === undefined ? "is:public, after:2026-01-01" : "Words, tag:…, is:public"}
          value={search ?? ""}
          onChange={(value) => filters.set({ search: value })}
          error={refused["search"]}
        />
        <Choice
          label="Visibility"
          all="Any visibility"
          value={visibility}
          options={VISIBILITIES}
          onChange={(value) => filters.set({ visibility: value })}
        />
        <Choice
          label="Status"
          all="Any status"
          value={status}
          options={STATUSES}
          onChange={(value) => filters.set({ status: value })}
        />
        <Choice
          label="Trash"
          all="Everywhere"
          value={trashed}
          options={PLACES}
          onChange={(value) => filters.set({ trashed: value })}
        />
      </FilterBar>
      {!isRefused && (
        <Listing
          query={query}
          what="The images"
          empty={
            <EmptyState icon={<IconPhoto />} title="No images here">
              Nobody has an image that matches. Choose other filters or another owner.
            </EmptyState>
          }
        >
          {(items) => (
            <ul className={classes.grid} aria-label="Images">
              {items.map((image) => (
                <Tile key={image.id} image={image} filters={filters} />
              ))}
            </ul>
          )}
        </Listing>
      )}
      <Side isOpen={open !== undefined} onClose={() => filters.set({ image: null })} title="Image">
        {open !== undefined && <ContentDetail key={open} id={open} onGone={() => filters.set({ image: null })} />}
      </Side>
    </Section>
  );
}

function Tile({ image, filters }: { image: Moderated; filters: Filters }) {
  return (
    <li className={classes.tile}>
      <Link
        to={filters.with({ image: image.id })}
        preventScrollReset
        className={classes.link}
        aria-label={`Open ${nameOf(image)}`}
      >
        <span className={classes.picture}>
          <Picture image={image} alt={altOf(image)} width={240} />
        </span>
      </Link>
      <div className={classes.words}>
        <Text size="sm" fw={600} truncate title={nameOf(image)}>
          {nameOf(image)}
        </Text>
        <Text size="xs" c="dimmed" truncate title={image.user.email}>
          {image.user.email}
        </Text>
        <Group gap={6} mt={6}>
          <Mark tone={image.visibility === "public" ? "accent" : "usual"}>{VISIBILITIES[image.visibility]}</Mark>
          {image.status !== "ready" && (
            <Mark tone={image.status === "failed" ? "bad" : "usual"}>{STATUSES[image.status]}</Mark>
          )}
          {image.trashed_at !== null && <Mark>In the trash</Mark>}
          <Text size="xs" c="dimmed">
            {day(image.uploaded_at)}
          </Text>
        </Group>
      </div>
    </li>
  );
}
