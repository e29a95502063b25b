window.Joomla = {};
