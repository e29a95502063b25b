window.nv_base_siteurl = "/";
