/** What a user's roles in research projects open on the page. */

/** Return whether somebody manages any project. */
export const managesProjects = ({ permissions, projects }) =>
  permissions.includes("manage") || projects.some((project) => project.permissions.includes("enrol"));
