mod decide;
mod list;
